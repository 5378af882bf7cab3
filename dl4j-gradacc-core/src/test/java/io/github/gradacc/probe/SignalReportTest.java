/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SignalReportTest {

    private static Signal std(double std) {
        return new Signal(100, 0, std, 0, 0, 0);
    }

    private static Signal zeros(long zeros) {
        return new Signal(100, 0, 1, zeros, 0, 0);
    }

    private static SignalReport activations(Signal... signals) {
        return new SignalReport(IntStream.range(0, signals.length)
                .mapToObj(i -> new SignalLayer("l" + i, "DenseLayer", false, signals[i], null))
                .toList());
    }

    private static SignalReport gradients(Signal... signals) {
        return new SignalReport(IntStream.range(0, signals.length)
                .mapToObj(i -> new SignalLayer("l" + i, "DenseLayer", false, std(1), signals[i]))
                .toList());
    }

    private static SignalReport reaching(@Nullable Signal parameters, Signal... signals) {
        return new SignalReport(gradients(signals).layers(), List.of(), parameters);
    }

    @Test
    void whatStaysWithinBoundsIsAlive() {
        assertThat(activations(std(1), std(1000), std(0.001), zeros(89)).diagnosis())
                .isEqualTo("The activations stay alive: their standard deviation is between 0.00100 and 1.00e+03 in 4"
                        + " hidden layers, changing by a factor of 1.00 per layer.");
        assertThat(activations(std(1)).diagnosis())
                .isEqualTo("The activations stay alive: their standard deviation is between 1.00 and 1.00 in 1 hidden"
                        + " layer.");
    }

    /** The way starts at the features: a first layer that explodes is seen. */
    @Test
    void theFeaturesAreTheStartOfTheWay() {
        List<Signal> features = List.of(new Signal(100, 3, 4, 0, 0, 0));
        assertThat(new SignalReport(activations(std(1e6)).layers(), features).diagnosis())
                .isEqualTo(
                        "The activations explode: their standard deviation grows from 5.00 in the features to 1.00e+06"
                                + " in layer l0, by a factor of 2.00e+05 per layer; it is above 1000 times the"
                                + " features from"
                                + " layer l0 on.");
        assertThat(new SignalReport(activations(std(80), std(1280), std(20480)).layers(), features).diagnosis())
                .contains("by a factor of 16.0 per layer", "above 1000 times the features from layer l2 on");
        assertThat(new SignalReport(activations(std(1), std(1e-3)).layers(), features).diagnosis())
                .contains("vanish", "below a thousandth of the features from layer l1 on");
        assertThat(new SignalReport(activations(std(50)).layers(), features).diagnosis())
                .isEqualTo("The activations stay alive: their standard deviation is between 50.0 and 50.0 in 1 hidden"
                        + " layer, changing by a factor of 10.0 per layer.");
    }

    /** Several inputs count together, each with as many elements as it has; constant ones have a scale too. */
    @Test
    void severalInputsCountTogether() {
        List<Signal> features = List.of(new Signal(3, 2, 0, 0, 0, 0), new Signal(1, 0, 0, 1, 0, 0));
        assertThat(new SignalReport(activations(std(3)).layers(), features).diagnosis())
                .contains("by a factor of 1.73 per layer");
    }

    /** In HALF the end of the range comes before a thousandfold growth: the growth so far is named. */
    @Test
    void overflowNamesTheGrowthBefore() {
        Signal broken = new Signal(100, 0, 1, 0, 0, 40);
        List<Signal> features = List.of(std(1));
        assertThat(new SignalReport(activations(std(300), broken).layers(), features).diagnosis())
                .isEqualTo("The activations stop being finite in layer l1: 0 NaN and 40 infinite of 100, after growing"
                        + " from"
                        + " 1.00 in the features to 300 in layer l0, by a factor of 300 per layer.");
    }

    @Test
    void namesWhereActivationsAreDying() {
        assertThat(activations(std(1), zeros(96), zeros(97)).diagnosis())
                .isEqualTo("The activations are dying in layer l1: 96.0% are zero.");
        assertThat(activations(zeros(90), zeros(99)).diagnosis().lines())
                .containsExactly(
                        "The activations are dying in layer l0: 90.0% are zero.",
                        "The activations die in layer l1: 99.0% are zero.");
        // Just below the share from which they count as dead, and just below that from which they count as dying.
        assertThat(activations(new Signal(1000, 0, 1, 989, 0, 0)).diagnosis())
                .isEqualTo("The activations are dying in layer l0: 98.9% are zero.");
        assertThat(activations(new Signal(1000, 0, 1, 899, 0, 0)).diagnosis()).contains("stay alive");
    }

    @Test
    void namesWhereActivationsExplode() {
        assertThat(activations(std(2), std(20), std(200), std(2000), std(20000), std(200))
                        .diagnosis())
                .isEqualTo("The activations explode: their standard deviation grows from 2.00 in layer l0 to 2.00e+04"
                        + " in layer"
                        + " l4, by a factor of 10.0 per layer; it is above 1000 times the first from layer"
                        + " l4 on.");
    }

    @Test
    void namesWhereActivationsVanish() {
        assertThat(activations(std(1), std(0.01), std(0.0001)).diagnosis())
                .isEqualTo("The activations vanish: their standard deviation falls from 1.00 in layer l0 to 0.000100"
                        + " in layer"
                        + " l2, by a factor of 0.0100 per layer; it is below a thousandth of the first from"
                        + " layer l2 on.");
    }

    @Test
    void namesWhereActivationsDie() {
        assertThat(activations(std(1), zeros(99), zeros(100)).diagnosis())
                .isEqualTo("The activations die in layer l1: 99.0% are zero.");
        assertThat(activations(std(1), new Signal(100, 0.5, 0, 0, 0, 0)).diagnosis())
                .isEqualTo("The activations die in layer l1: all are 0.500.");
    }

    @Test
    void oneElementIsNotDead() {
        assertThat(activations(new Signal(1, 0.5, 0, 0, 0, 0)).diagnosis()).contains("stay alive");
    }

    @Test
    void namesWhereActivationsStopBeingFinite() {
        Signal broken = new Signal(100, 0, 1, 0, 3, 4);
        assertThat(activations(std(1), broken, broken).diagnosis())
                .isEqualTo("The activations stop being finite in layer l1: 3 NaN and 4 infinite of 100.");
    }

    /** NaN that does not reach a parameter breaks nothing: the way goes on behind it. */
    @Test
    void discardedGradientsAreNoneThatStopBeingFinite() {
        Signal broken = new Signal(100, 0, 1e9, 0, 3, 4);
        Signal finite = new Signal(12, 0, 1, 0, 0, 0);
        String discarded =
                ", but these are discarded before they reach a parameter: the gradients of all parameters are"
                        + " finite.";

        assertThat(reaching(finite, std(4), broken, std(1)).diagnosis().lines().skip(1))
                .containsExactly(
                        "The gradients stay alive: their standard deviation is between 1.00 and 4.00 in 2 hidden"
                                + " layers, changing by a factor of 2.00 per layer.",
                        "The gradients of activations are not finite in layer l1 (3 NaN and 4 infinite of 100)"
                                + discarded);
        assertThat(reaching(finite, std(1e6), broken, std(1))
                        .diagnosis()
                        .lines()
                        .skip(1))
                .hasSize(2)
                .first(InstanceOfAssertFactories.STRING)
                .startsWith(
                        "The gradients explode: their standard deviation grows from 1.00 in layer l2 to 1.00e+06 in");
        assertThat(reaching(finite, broken, broken).diagnosis().lines().skip(1))
                .containsExactly(
                        "The gradients of activations are not finite in layer l1 (3 NaN and 4 infinite of 100),"
                                + " layer l0 (3 NaN and 4 infinite of 100)" + discarded);
        assertThat(reaching(finite, std(1)).diagnosis()).doesNotContain("discarded");
    }

    /** Where they reach one, or nobody knows, they are what stops being finite. */
    @Test
    void gradientsThatReachAParameterStopBeingFinite() {
        Signal broken = new Signal(100, 0, 1, 0, 3, 4);
        for (Signal parameters : new Signal[] {
            null, new Signal(12, 0, 1, 0, 1, 0), new Signal(12, 0, 1, 0, 0, 1),
        }) {
            assertThat(reaching(parameters, std(1e6), broken, std(1))
                            .diagnosis()
                            .lines()
                            .skip(1))
                    .containsExactly("The gradients stop being finite in layer l1: 3 NaN and 4 infinite of 100.");
        }
    }

    /** Finite gradients of parameters say nothing of the forward pass. */
    @Test
    void activationsThatAreNotFiniteAreNeverDiscarded() {
        SignalReport broken = activations(std(1), new Signal(100, 0, 1, 0, 3, 4));
        assertThat(new SignalReport(broken.layers(), List.of(), std(1)).diagnosis())
                .isEqualTo("The activations stop being finite in layer l1: 3 NaN and 4 infinite of 100.");
    }

    @Test
    void gradientsAreFollowedBackwards() {
        assertThat(gradients(std(1e-6), std(1e-3), std(1)).diagnosis().lines())
                .hasSize(2)
                .last()
                .isEqualTo("The gradients vanish: their standard deviation falls from 1.00 in layer l2 to 1.00e-06 in"
                        + " layer"
                        + " l0, by a factor of 0.00100 per layer; it is below a thousandth of the first"
                        + " from layer l0 on.");
        assertThat(gradients(new Signal(100, 0, 0, 100, 0, 0), std(1)).diagnosis())
                .contains("The gradients die in layer l0: all are 0.00.");
        assertThat(gradients(zeros(99), std(1)).diagnosis()).contains("The gradients stay alive");
    }

    @Test
    void predictionsHaveAScaleOfTheirOwn() {
        SignalLayer hidden = new SignalLayer("a", "DenseLayer", false, std(1), null);
        SignalLayer softmax = new SignalLayer("b", "OutputLayer", true, std(1e-5), null);
        SignalLayer broken = new SignalLayer("b", "OutputLayer", true, new Signal(4, 0, 1, 0, 4, 0), null);

        assertThat(new SignalReport(List.of(hidden, softmax)).diagnosis()).contains("in 1 hidden layer.");
        assertThat(new SignalReport(List.of(softmax)).diagnosis()).contains("no hidden layer");
        assertThat(new SignalReport(List.of(hidden, broken)).diagnosis()).contains("stop being finite in layer b");
    }

    @Test
    void theTableHasALineForEachLayer() {
        SignalReport report = activations(new Signal(8, 0.25, 16.08, 4, 2, 1), std(3983));

        assertThat(report.table().lines())
                .containsExactly(
                        "layer  type               mean        std   zero%    NaN%    inf%",
                        "l0     DenseLayer        0.250       16.1   50.00   25.00   12.50",
                        "l1     DenseLayer         0.00   3.98e+03    0.00    0.00    0.00");
        assertThat(report.toString()).startsWith(report.table()).endsWith(report.diagnosis());
    }

    @Test
    void theTableShowsGradientsIfThereAreAny() {
        SignalReport report = new SignalReport(List.of(
                new SignalLayer("a", "DenseLayer", false, std(1), std(2)),
                new SignalLayer("b", "OutputLayer", true, std(1), null)));

        assertThat(report.table().lines().toList()).hasSize(4).satisfies(lines -> {
            assertThat(lines.get(0)).contains("activations").endsWith("gradients");
            assertThat(lines.get(1).split(" +"))
                    .containsExactly(
                            "layer", "type", "mean", "std", "zero%", "NaN%", "inf%", "mean", "std", "zero%", "NaN%",
                            "inf%");
            assertThat(lines.get(2)).contains(" 2.00 ");
            assertThat(lines.get(3)).endsWith(" -");
        });
    }

    @Test
    void csvHasEveryNumberInFull() throws IOException {
        SignalReport report = new SignalReport(List.of(
                new SignalLayer("a, \"b\"", "DenseLayer", false, new Signal(8, 0.1, 1e38, 4, 2, 1), std(2)),
                new SignalLayer("c", "OutputLayer", true, new Signal(1, Double.NaN, Double.NaN, 0, 1, 0), null)));
        StringBuilder csv = new StringBuilder();

        report.toCsv(csv);

        assertThat(csv.toString())
                .isEqualTo("\"layer\",\"type\",\"output\",\"count\",\"mean\",\"std\",\"zeros\",\"nans\",\"infinities\","
                        + "\"gradient_count\",\"gradient_mean\",\"gradient_std\",\"gradient_zeros\","
                        + "\"gradient_nans\",\"gradient_infinities\"\r\n"
                        + "\"a, \"\"b\"\"\",\"DenseLayer\",\"false\",\"8\",\"0.1\",\"1.0E38\",\"4\",\"2\",\"1\","
                        + "\"100\",\"0.0\",\"2.0\",\"0\",\"0\",\"0\"\r\n"
                        + "\"c\",\"OutputLayer\",\"true\",\"1\",\"NaN\",\"NaN\",\"0\",\"1\",\"0\","
                        + "\"\",\"\",\"\",\"\",\"\",\"\"\r\n");
    }

    @Test
    void hasAtLeastOneLayer() {
        assertThatIllegalArgumentException().isThrownBy(() -> new SignalReport(List.of()));
    }

    @Test
    void theListIsACopy() {
        SignalLayer[] layers = {new SignalLayer("a", "DenseLayer", false, std(1), null)};
        SignalReport report = new SignalReport(Arrays.asList(layers));
        layers[0] = new SignalLayer("b", "DenseLayer", false, std(1), null);

        assertThat(report.layers()).extracting(SignalLayer::name).containsExactly("a");
    }
}
