/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What every initializer promises. {@link Filled} asserts shape, type, order, view, and that neighbors stay. */
final class ContractTest {

    private static final DataType[] TYPES = {DataType.FLOAT, DataType.DOUBLE, DataType.FLOAT16, DataType.BFLOAT16};
    private static final long[][] MATRICES = {{7, 5}, {5, 8}, {1, 4}, {6, 1}, {1, 1}};
    private static final long[][] CONVOLUTIONS = {{6, 4, 3, 3}, {5, 3, 4, 1}, {4, 2, 2, 3, 2}, {4, 4, 3}, {1, 1, 1, 1}};

    /** An initializer, shapes that it takes, whether two draws differ, and one that is not equal to it. */
    record Case(IWeightInit initializer, List<long[]> shapes, boolean random, IWeightInit other) {
        @Override
        public String toString() {
            return initializer.toString();
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case(new Uniform(-0.5, 2), any(), true, new Uniform(-0.5, 3)),
                new Case(new Normal(1, 2), any(), true, new Normal(1, 3)),
                new Case(new TruncatedNormal(0, 1, -2, 2), any(), true, new TruncatedNormal(0, 1, -2, 3)),
                new Case(
                        new TruncatedNormal(0, 1, 1, Double.POSITIVE_INFINITY),
                        any(),
                        true,
                        new TruncatedNormal(0, 1, 1, 2)),
                new Case(new Constant(0.25), any(), false, new Constant(0.5)),
                new Case(new XavierUniform(1), all(MATRICES, CONVOLUTIONS), true, new XavierUniform(2)),
                new Case(new XavierNormal(1), all(MATRICES, CONVOLUTIONS), true, new XavierNormal(2)),
                new Case(
                        new KaimingUniform(FanMode.FAN_IN, 1),
                        all(MATRICES, CONVOLUTIONS),
                        true,
                        new KaimingUniform(FanMode.FAN_OUT, 1)),
                new Case(
                        new KaimingNormal(FanMode.FAN_OUT, 1),
                        all(MATRICES, CONVOLUTIONS),
                        true,
                        new KaimingNormal(FanMode.FAN_OUT, 2)),
                new Case(new Orthogonal(1), all(MATRICES, CONVOLUTIONS), true, new Orthogonal(1, 2)),
                new Case(new Orthogonal(2, 4), List.of(new long[] {3, 8}, new long[] {2, 12}), true, new Orthogonal(2)),
                new Case(new Eye(1), all(MATRICES), false, new Eye(2)),
                new Case(new Dirac(1), all(CONVOLUTIONS), false, new Dirac(2)),
                new Case(new Dirac(2), List.of(new long[] {4, 2, 3, 3}), false, new Dirac(1)),
                new Case(new DeltaOrthogonal(1), all(CONVOLUTIONS), true, new DeltaOrthogonal(2)),
                new Case(new Sparse(0.3, 0.1), all(new long[][] {{7, 5}, {5, 8}}), true, new Sparse(0.4, 0.1)),
                layout(Layout.DEPTHWISE, 3, 2, 4, 2),
                layout(Layout.SEPARABLE, 2, 4, 3, 2),
                layout(Layout.SEPARABLE, 3, 4, 1, 1),
                layout(Layout.DECONVOLUTION_3D, 2, 3, 2, 4, 5),
                layout(Layout.KERNEL_FIRST, 3, 2, 4, 5),
                layout(Layout.EMBEDDING, 9, 4),
                layout(Layout.GRAVES_LSTM, 3, 15),
                layout(Layout.GRAVES_LSTM, 3, 12),
                layout(Layout.LOCALLY_CONNECTED, 4, 6, 2),
                layout(Layout.ATTENTION, 2, 3, 5),
                layout(Layout.ATTENTION, 6, 4));
    }

    private static Case layout(Layout layout, long... shape) {
        IWeightInit inner = new KaimingNormal(FanMode.FAN_IN, 1);
        return new Case(layout.of(inner), List.of(shape), true, layout.of(new XavierNormal(1)));
    }

    private static List<long[]> any() {
        List<long[]> shapes = all(MATRICES, CONVOLUTIONS);
        shapes.add(new long[] {13});
        return shapes;
    }

    private static List<long[]> all(long[][]... groups) {
        List<long[]> shapes = new ArrayList<>();
        for (long[][] group : groups) {
            shapes.addAll(List.of(group));
        }
        return shapes;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void fillsTheViewAndNothingElse(Case it) {
        for (long[] shape : it.shapes()) {
            for (DataType type : TYPES) {
                for (char order : new char[] {'c', 'f'}) {
                    INDArray weights = Filled.with(1, it.initializer(), type, order, shape);
                    for (double value :
                            weights.castTo(DataType.DOUBLE).dup('c').data().asDouble()) {
                        assertThat(value).isFinite();
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theSeedOfNd4jReproducesTheValues(Case it) {
        for (long[] shape : it.shapes()) {
            INDArray first = Filled.with(5, it.initializer(), DataType.DOUBLE, 'c', shape);
            INDArray next = Filled.next(it.initializer(), DataType.DOUBLE, 'c', shape);
            INDArray again = Filled.with(5, it.initializer(), DataType.DOUBLE, 'c', shape);
            INDArray other = Filled.with(6, it.initializer(), DataType.DOUBLE, 'c', shape);
            assertThat(again).isEqualTo(first);
            if (it.random() && first.length() > 1) {
                assertThat(next).isNotEqualTo(first);
                assertThat(other).isNotEqualTo(first);
            } else if (!it.random()) {
                assertThat(other).isEqualTo(first);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void typesGetTheSameValuesRounded(Case it) {
        // Half a unit in the last place: 2^-24, 2^-11 and 2^-8.
        double[] roundings = {0x1p-24, 0, 0x1p-11, 0x1p-8};
        for (long[] shape : it.shapes()) {
            INDArray exact = Filled.with(5, it.initializer(), DataType.DOUBLE, 'c', shape);
            double scale = exact.amaxNumber().doubleValue();
            for (int t = 0; t < TYPES.length; t++) {
                INDArray rounded =
                        Filled.with(5, it.initializer(), TYPES[t], 'c', shape).castTo(DataType.DOUBLE);
                // Twice that, because a layout rounds DOUBLE to its own type by way of FLOAT.
                assertThat(rounded.sub(exact).amaxNumber().doubleValue())
                        .as("%s", TYPES[t])
                        .isLessThanOrEqualTo(2 * roundings[t] * scale);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isAValue(Case it) throws Exception {
        IWeightInit read = NeuralNetConfiguration.mapper()
                .readValue(
                        NeuralNetConfiguration.mapper()
                                .writerFor(IWeightInit.class)
                                .writeValueAsString(it.initializer()),
                        IWeightInit.class);
        assertThat(read).isEqualTo(it.initializer()).hasSameHashCodeAs(it.initializer());
        assertThat(it.initializer()).isNotEqualTo(it.other());

        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(it.initializer());
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isEqualTo(it.initializer());
        }
    }

    /** A one-class output layer gives matrices, not vectors, as views. */
    @Test
    void takesAViewThatHasItsShapeAlready() {
        for (char order : new char[] {'c', 'f'}) {
            INDArray all = Nd4j.valueArrayOf(new long[] {12}, -1.0, DataType.DOUBLE);
            INDArray view = all.reshape(order, 3, 4);
            Nd4j.getRandom().setSeed(1);
            INDArray weights = new Sparse(0.5, 1).init(1, 1, new long[] {3, 4}, 'f', view);
            assertThat(weights).isEqualTo(view);
            assertThat(all.eq(0).castTo(DataType.DOUBLE).sumNumber().doubleValue())
                    .isEqualTo(6);
            assertThat(new Constant(2).init(1, 1, new long[] {3, 4}, 'f', view)).isEqualTo(view);
            assertThat(all.toDoubleVector()).containsOnly(2);
        }
    }
}
