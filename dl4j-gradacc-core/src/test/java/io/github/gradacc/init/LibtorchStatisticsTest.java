/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * The moments and bounds of {@code init_stats.json}, where libtorch's functions, measured over a million values each,
 * agree with theory. Whole distributions are in {@link DistributionTest}.
 */
final class LibtorchStatisticsTest {

    private static final int SAMPLE = 1_000_000;

    record Case(String name, IWeightInit initializer, JsonNode torchShape, JsonNode theory) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (JsonNode entry : Reference.read("init_stats.json").get("stats")) {
            initializer(entry.get("init").asText(), entry.get("params"))
                    .ifPresent(initializer -> cases.add(new Case(
                            entry.get("init").asText() + " " + entry.get("params") + " " + entry.get("shape"),
                            initializer,
                            entry.get("shape"),
                            entry.get("theory"))));
        }
        return cases;
    }

    private static Optional<IWeightInit> initializer(String name, JsonNode params) {
        return Optional.ofNullable(
                switch (name) {
                    case "uniform_" -> new Uniform(number(params, "a"), number(params, "b"));
                    case "normal_" -> new Normal(number(params, "mean"), number(params, "std"));
                    case "trunc_normal_" ->
                        new TruncatedNormal(
                                number(params, "mean"),
                                number(params, "std"),
                                number(params, "a"),
                                number(params, "b"));
                    case "xavier_uniform_" -> new XavierUniform(number(params, "gain"));
                    case "xavier_normal_" -> new XavierNormal(number(params, "gain"));
                    case "kaiming_uniform_" -> new KaimingUniform(mode(params), gain(params));
                    case "kaiming_normal_" -> new KaimingNormal(mode(params), gain(params));
                    // What torch.nn.Linear and Conv2d start with; their biases have no initializer in DL4J.
                    case "default_weight Linear(32,64)", "default_weight Conv2d(3,10,3)" ->
                        new KaimingUniform(FanMode.FAN_IN, Gain.calculate("leaky_relu", Math.sqrt(5)));
                    default -> null;
                });
    }

    private static double number(JsonNode params, String name) {
        return params.get(name).asDouble();
    }

    private static FanMode mode(JsonNode params) {
        return FanMode.valueOf(params.get("mode").asText().toUpperCase(Locale.ROOT));
    }

    private static double gain(JsonNode params) {
        return Gain.calculate(params.get("nonlinearity").asText(), number(params, "a"));
    }

    @Test
    void nothingOfTheFileIsLeftOut() {
        long biases = Reference.read("init_stats.json").get("stats").findValuesAsText("init").stream()
                .filter(name -> name.startsWith("default_bias"))
                .count();
        assertThat(cases())
                .hasSize(Reference.read("init_stats.json").get("stats").size() - (int) biases);
    }

    /** The first shape of each initializer. */
    static Collection<Case> oneOfEach() {
        Map<String, Case> first = new LinkedHashMap<>();
        cases().forEach(each -> first.putIfAbsent(each.initializer().getClass().getName(), each));
        return first.values();
    }

    @ParameterizedTest
    @MethodSource("oneOfEach")
    void momentsAndBoundsOfOneShape(Case it) {
        momentsAndBounds(it);
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("cases")
    void momentsAndBounds(Case it) {
        Nd4j.getRandom().setSeed(it.name().hashCode());
        long[] shape = Shapes.inDl4j(it.torchShape());
        int length = (int) ArrayUtil.prodLong(shape);
        int repeats = (SAMPLE + length - 1) / length;
        double[] sample = new double[repeats * length];
        for (int i = 0; i < repeats; i++) {
            double[] draw = it.initializer()
                    .init(
                            Filled.WRONG_FAN,
                            Filled.WRONG_FAN,
                            shape,
                            'c',
                            Nd4j.createUninitialized(DataType.DOUBLE, length))
                    .reshape(length)
                    .toDoubleVector();
            System.arraycopy(draw, 0, sample, i * length, length);
        }
        JsonNode theory = it.theory();
        Statistics.assertMoments(
                it.name(), sample, number(theory, "mean"), number(theory, "std"), number(theory, "moment4"));
        if (theory.has("low")) {
            double min = Arrays.stream(sample).min().orElseThrow();
            double max = Arrays.stream(sample).max().orElseThrow();
            assertThat(min).isGreaterThanOrEqualTo(number(theory, "low"));
            assertThat(max).isLessThanOrEqualTo(number(theory, "high"));
            // Both ends are reached: the nearest of n uniform values is 1/n of the width away, give or take.
            double near = 50.0 / SAMPLE * (number(theory, "high") - number(theory, "low"));
            assertThat(min).isLessThanOrEqualTo(number(theory, "low") + near);
            assertThat(max).isGreaterThanOrEqualTo(number(theory, "high") - near);
        }
    }
}
