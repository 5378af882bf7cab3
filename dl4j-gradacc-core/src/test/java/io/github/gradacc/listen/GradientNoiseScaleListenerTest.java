/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.train.WindowNorms;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The estimates against what they estimate: over all draws from a small population they are right on average, and on a
 * network whose gradients have a known distribution they find its noise scale.
 */
@ExtendWith(DoubleByDefault.class)
class GradientNoiseScaleListenerTest {

    /** The gradients of three examples. Mean (1, 1/3, 0). */
    private static final double[][] POPULATION = {{1, 2, -1}, {3, -1, 0}, {-1, 0, 1}};

    private static final int[][] WINDOWS = {{2, 2}, {3, 1}, {1, 1, 2}, {1, 2}, {1, 1, 1, 1}};

    private static double[] mean(List<double[]> vectors) {
        double[] mean = new double[vectors.get(0).length];
        for (double[] vector : vectors) {
            Arrays.setAll(mean, i -> mean[i] + vector[i] / vectors.size());
        }
        return mean;
    }

    private static double squared(double... vector) {
        return Arrays.stream(vector).map(each -> each * each).sum();
    }

    /** The window that these gradients of single examples make. */
    private static WindowNorms window(List<double[]> examples, int... sizes) {
        List<WindowNorms.MicroBatch> parts = new ArrayList<>();
        int from = 0;
        for (int size : sizes) {
            parts.add(new WindowNorms.MicroBatch(size, Math.sqrt(squared(mean(examples.subList(from, from + size))))));
            from += size;
        }
        return new WindowNorms(0, 0, Math.sqrt(squared(mean(examples))), parts);
    }

    private static NoiseScale of(WindowNorms window) {
        GradientNoiseScaleListener listener = new GradientNoiseScaleListener();
        listener.onWindow(null, window);
        return listener.latest().orElseThrow();
    }

    /** All equally likely draws, averaged: S and |G|^2 are then exactly those of the population. */
    @Test
    void bothEstimatesAreUnbiasedForUnevenMicroBatches() {
        double[] truth = mean(List.of(POPULATION));
        double covariance = Arrays.stream(POPULATION)
                        .mapToDouble(gradient -> {
                            double[] distance = gradient.clone();
                            Arrays.setAll(distance, i -> distance[i] - truth[i]);
                            return squared(distance);
                        })
                        .sum()
                / POPULATION.length;
        for (int[] sizes : WINDOWS) {
            int examples = Arrays.stream(sizes).sum();
            int draws = (int) Math.pow(POPULATION.length, examples);
            double noise = 0;
            double signal = 0;
            for (int draw = 0; draw < draws; draw++) {
                List<double[]> drawn = new ArrayList<>();
                for (int i = 0, rest = draw; i < examples; i++, rest /= POPULATION.length) {
                    drawn.add(POPULATION[rest % POPULATION.length]);
                }
                NoiseScale scale = of(window(drawn, sizes));
                noise += scale.noise() / draws;
                signal += scale.signal() / draws;
            }
            assertClose("S for " + Arrays.toString(sizes), noise, covariance, DOUBLE);
            assertClose("|G|^2 for " + Arrays.toString(sizes), signal, squared(truth), DOUBLE);
        }
    }

    /** Where the gradients of all examples are the same there is no noise, up to rounding, and never less than none. */
    @Test
    void equalGradientsHaveNoNoise() {
        double[] gradient = {0.1, 0.7, -0.3};
        NoiseScale scale = of(window(List.of(gradient, gradient, gradient, gradient, gradient), 3, 2));
        assertThat(scale.noise()).isBetween(0.0, 1e-15);
        assertClose("|G|^2", scale.signal(), squared(gradient), DOUBLE);
        assertThat(scale.suggestedWindow()).hasValue(1);
    }

    /** Opposite gradients: all is noise, and |G|^2 is estimated below zero. */
    @Test
    void noiseThatHidesTheGradientHasNoScale() {
        NoiseScale scale = of(window(List.of(new double[] {1, 0}, new double[] {-1, 0}), 1, 1));
        assertThat(scale.noise()).isEqualTo(2);
        assertThat(scale.signal()).isEqualTo(-1);
        assertThat(scale.examples()).isEmpty();
        assertThat(scale.suggestedWindow()).isEmpty();
        assertThat(scale)
                .hasToString("gradient noise scale at step 0, from 1 window: more than can be told from them"
                        + " (S 2.00, |G|^2 -1.00)");
    }

    /** S and |G|^2 are averaged apart, the negative one included; 1, 3 with decay 1/2 have weights 1/3, 2/3. */
    @Test
    void estimatesAreSmoothedBeforeTheyAreDivided() {
        List<NoiseScale> reported = new ArrayList<>();
        var listener = new GradientNoiseScaleListener(0.5, 2, reported::add);
        listener.onWindow(null, window(List.of(new double[] {1}, new double[] {-1}), 1, 1)); // S 2, |G|^2 -1
        listener.onWindow(null, window(List.of(new double[] {4}, new double[] {2}), 1, 1)); // S 2, |G|^2 8
        listener.onWindow(null, window(List.of(new double[] {3}), 1)); // passed over
        assertThat(reported).containsExactly(listener.latest().orElseThrow());
        NoiseScale scale = reported.get(0);
        assertClose("S", scale.noise(), 2, DOUBLE);
        assertClose("|G|^2", scale.signal(), -1.0 / 3 + 8 * 2.0 / 3, DOUBLE);
        assertThat(scale.windows()).isEqualTo(2);
        assertThat(scale.examples()).hasValueCloseTo(0.4, within(DOUBLE));
        assertThat(scale)
                .hasToString(
                        "gradient noise scale at step 0, from 2 windows: 0.400 examples (S 2.00, |G|^2" + " 5.00)");
    }

    /** A window whose norms leave the range of numbers is passed over. */
    @Test
    void whatIsNotFiniteDoesNotSpoilTheAverage() {
        var listener = new GradientNoiseScaleListener();
        listener.onWindow(null, window(List.of(new double[] {4}, new double[] {2}), 1, 1));
        NoiseScale before = listener.latest().orElseThrow();
        listener.onWindow(null, window(List.of(new double[] {1e200}, new double[] {2}), 1, 1));
        assertThat(listener.latest()).hasValue(before);
    }

    /** One weight and one bias, both 0, and the feature 1: the gradient of (w + b - y)^2 is -2 y twice. */
    private static MultiLayerConfiguration linear() {
        return Nets.of(
                Nets.settings().updater(new Sgd(0)),
                InputType.feedForward(1),
                new OutputLayer.Builder(LossFunction.MSE)
                        .nOut(1)
                        .activation(Activation.IDENTITY)
                        .build());
    }

    /**
     * Labels from N(1, 2^2): S = 8 * 4, |G|^2 = 8, so the noise scale is 4 examples. 500 windows of 11 examples in
     * 4 + 4 + 3: the standard error of S is sqrt(2 / (2 * 500)) = 4.5 % of it, that of |G|^2, with g ~ N(1, 4 / 11), is
     * sqrt((4 * 4/11 + 2 * (4/11)^2 + 2 (4/11)^2 / 2) / 500) = 6.1 % of it. Three of them together are 23 %.
     */
    @Tag("slow")
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void theScaleOfASyntheticProblemIsFound(int workers) {
        for (NetworkClass<?> type : NetworkClass.all()) {
            check(type, workers);
        }
    }

    private static <T extends Model> void check(NetworkClass<T> type, int workers) {
        T network = type.init(linear());
        network.params().assign(0);
        var listener = new GradientNoiseScaleListener(0.99999, 1, scale -> {});
        network.addListeners(listener);
        Data data = new Data(17, DataType.DOUBLE);
        List<DataSet> batches = IntStream.range(0, 500)
                .mapToObj(i -> new DataSet(
                        data.normal(11, 1).assign(1), data.normal(11, 1).muli(2).addi(1)))
                .toList();
        try (var trainer =
                type.builder(network).microBatchSize(4).parallelism(workers).build()) {
            trainer.fit(iterate(batches));
        }
        NoiseScale scale = listener.latest().orElseThrow();
        assertThat(scale.windows()).isEqualTo(500);
        assertThat(scale.iteration()).isEqualTo(499);
        assertThat(scale.noise()).isCloseTo(32, within(3 * 0.045 * 32));
        assertThat(scale.signal()).isCloseTo(8, within(3 * 0.061 * 8));
        assertThat(scale.examples()).hasValueCloseTo(4.0, within(0.23 * 4));
        assertThat(scale.suggestedWindow().orElseThrow()).isCloseTo(4, within(1L));
    }

    /**
     * From the gradients of single examples, computed by DL4J one by one: S is what the means of micro-batches scatter
     * around that of the window, {@code sum b_i |g_i - g|^2 / (k - 1)}.
     */
    @EachNetworkClass
    <T extends Model> void agreesWithGradientsOfSingleExamples(NetworkClass<T> type) {
        List<DataSet> batches = Batches.mlp().subList(0, 3);
        MultiLayerNetwork one = Nets.init(Nets.mlp());
        List<double[]> gradients = new ArrayList<>();
        for (DataSet example : DataSet.merge(batches).asList()) {
            one.setInput(example.getFeatures());
            one.setLabels(example.getLabels());
            one.computeGradientAndScore(LayerWorkspaceMgr.noWorkspaces());
            INDArray gradient = one.getFlattenedGradients();
            gradients.add(gradient.dup().data().asDouble());
        }
        // Batches of 4, 3 and 5 examples in twos: 2 + 2, 2 + 1, 2 + 2 + 1.
        int[] sizes = {2, 2, 2, 1, 2, 2, 1};
        double[] whole = mean(gradients);
        double scatter = 0;
        int from = 0;
        for (int size : sizes) {
            double[] part = mean(gradients.subList(from, from + size));
            Arrays.setAll(part, i -> part[i] - whole[i]);
            scatter += size * squared(part) / (sizes.length - 1);
            from += size;
        }

        T network = type.init(Nets.mlp());
        var listener = new GradientNoiseScaleListener();
        network.addListeners(listener);
        try (var trainer =
                type.builder(network).accumulationSteps(3).microBatchSize(2).build()) {
            trainer.fit(iterate(batches));
        }
        NoiseScale scale = listener.latest().orElseThrow();
        assertClose("S", scale.noise(), scatter, DOUBLE);
        assertClose("|G|^2", scale.signal(), squared(whole) - scatter / 12, DOUBLE);
    }

    /** In native training there is nothing to see, which is said once. */
    @EachNetworkClass
    <T extends Model> void nativeTrainingHasNoWindows(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        var listener = new GradientNoiseScaleListener();
        network.addListeners(listener);
        try (LogLines log = new LogLines("io.github.gradacc.listen")) {
            type.fit(network, iterate(Batches.mlp()), 1);
            assertThat(log.warnings()).singleElement().asString().contains("step 0", "at least two micro-batches");
        }
        assertThat(listener.latest()).isEmpty();
    }

    @Test
    void badSettingsAreRefused() {
        for (double decay : new double[] {-0.1, 1, Double.NaN}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new GradientNoiseScaleListener(decay, 1, scale -> {}))
                    .withMessageContaining("got " + decay);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GradientNoiseScaleListener(0.9, 0, scale -> {}))
                .withMessageContaining("got 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GradientNoiseScaleListener(0.9, 1, null))
                .withMessageContaining("null");
    }
}
