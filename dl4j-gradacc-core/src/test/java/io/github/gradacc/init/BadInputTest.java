/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Errors when built where possible, else at init(), with the rule, the value seen and, for shapes, the way out. */
final class BadInputTest {

    private static final double INFINITY = Double.POSITIVE_INFINITY;

    static Stream<Arguments> built() {
        return Stream.of(
                refused(() -> new Uniform(2, 1), "lower = 2.0, upper = 1.0"),
                refused(() -> new Uniform(Double.NaN, 1), "lower must be finite, got NaN"),
                refused(() -> new Uniform(0, INFINITY), "upper must be finite"),
                refused(() -> new Uniform(-Double.MAX_VALUE, Double.MAX_VALUE), "upper - lower must be finite"),
                refused(() -> new Normal(0, -1), "std must be finite and at least 0, got -1.0"),
                refused(() -> new Normal(0, Double.NaN), "got NaN"),
                refused(() -> new Normal(Double.NaN, 1), "mean must be finite, got NaN"),
                refused(() -> new Normal(0, INFINITY), "got Infinity"),
                refused(() -> new TruncatedNormal(0, 0, -1, 1), "std must be finite and above 0, got 0.0"),
                refused(() -> new TruncatedNormal(0, Double.NaN, -1, 1), "got NaN"),
                refused(() -> new TruncatedNormal(0, 1, 1, -1), "lower = 1.0, upper = -1.0"),
                refused(() -> new TruncatedNormal(0, 1, Double.NaN, 1), "lower = NaN"),
                refused(() -> new TruncatedNormal(0, 1, INFINITY, INFINITY), "numbers between the bounds"),
                refused(() -> new TruncatedNormal(INFINITY, 1, 0, 1), "mean must be finite"),
                refused(() -> new Constant(Double.NaN), "value must be finite"),
                refused(() -> new Sparse(-0.1, 1), "sparsity must be at least 0 and below 1, got -0.1"),
                refused(() -> new Sparse(1, 1), "got 1.0"),
                refused(() -> new Sparse(Double.NaN, 1), "got NaN"),
                refused(() -> new Sparse(0.5, -1), "std"),
                refused(() -> new Orthogonal(1, 0), "gates must be at least 1, got 0"),
                refused(() -> new Dirac(0), "groups must be at least 1, got 0"));
    }

    @ParameterizedTest
    @MethodSource("built")
    void whenBuilt(ThrowingCallable building, String message) {
        assertThatThrownBy(building)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void gainsThatAreNotFinite(double gain) {
        for (ThrowingCallable building : new ThrowingCallable[] {
            () -> new XavierUniform(gain),
            () -> new XavierNormal(gain),
            () -> new KaimingUniform(FanMode.FAN_IN, gain),
            () -> new KaimingNormal(FanMode.FAN_IN, gain),
            () -> new Orthogonal(gain),
            () -> new Orthogonal(gain, 4),
            () -> new Eye(gain),
            () -> new DeltaOrthogonal(gain)
        }) {
            assertThatThrownBy(building)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("gain must be finite, got " + gain);
        }
    }

    static Stream<Arguments> initialized() {
        return Stream.of(
                shape(new Orthogonal(1, 4), "Orthogonal(gain)", 6, 30),
                shape(new Orthogonal(1, 4), "GRAVES_LSTM", 6, 27),
                shape(new Orthogonal(1, 4), "Orthogonal(gain)", 6, 4, 3, 3),
                shape(new Orthogonal(1), "Normal", 6),
                shape(new Eye(1), "Dirac", 4, 4, 3, 3),
                shape(new Eye(1), "Dirac", 4),
                shape(new Dirac(1), "Eye", 4, 4),
                shape(new Dirac(4), "Dirac(1)", 6, 2, 3, 3),
                shape(new DeltaOrthogonal(1), "Orthogonal", 4, 4),
                shape(new DeltaOrthogonal(1), "more output channels", 3, 4, 3, 3),
                shape(new Sparse(0.1, 1), "Normal", 4, 4, 3, 3),
                shape(new XavierNormal(1), "Normal or Uniform", 7),
                shape(Layout.DEPTHWISE.of(new Normal(0, 1)), "the layout of this layer", 4, 4));
    }

    /** The message names the rule and the shape, whichever initializer meets it. */
    @ParameterizedTest
    @MethodSource("io.github.gradacc.init.ContractTest#cases")
    void emptyShapes(ContractTest.Case it) {
        for (long[] full : it.shapes()) {
            long[] shape = full.clone();
            shape[shape.length - 1] = 0;
            assertThatThrownBy(() -> it.initializer().init(1, 1, shape, 'c', Nd4j.zeros(DataType.DOUBLE, 1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at least 1")
                    .hasMessageContaining(Arrays.toString(shape));
            assertThatThrownBy(() -> it.initializer().init(1, 1, full, 'c', Nd4j.zeros(DataType.DOUBLE, 999)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("999")
                    .hasMessageContaining(Arrays.toString(full));
        }
    }

    /** DL4J passes the radius of a one-class layer through the initializer of its weights. */
    @ParameterizedTest
    @MethodSource("io.github.gradacc.init.ContractTest#cases")
    void scalarsStay(ContractTest.Case it) {
        INDArray scalar = Nd4j.scalar(0.125);
        assertThat(it.initializer().init(1, 1, new long[0], 'f', scalar)).isSameAs(scalar);
        assertThat(scalar.getDouble(0)).isEqualTo(0.125);
    }

    @Test
    void valuesBeyondTheType() {
        refusedBy(DataType.FLOAT, new Constant(1e300), "The weight 1.0E300 is beyond FLOAT");
        refusedBy(DataType.FLOAT, new Normal(0, 1e39), "is beyond FLOAT");
        refusedBy(DataType.FLOAT16, new Constant(65505), "The weight 65505.0 is beyond HALF");
        refusedBy(DataType.FLOAT16, new Constant(-1e5), "The weight -100000.0 is beyond HALF");
        refusedBy(DataType.FLOAT16, new Eye(1e5), "is beyond HALF");
        refusedBy(DataType.FLOAT16, new Orthogonal(1e6), "is beyond HALF");
        refusedBy(DataType.FLOAT16, new Sparse(0, 1e7), "is beyond HALF");
        refusedBy(DataType.FLOAT16, Layout.EMBEDDING.of(new Constant(1e5)), "is beyond HALF");
        refusedBy(DataType.BFLOAT16, new Constant(3.4e38), "is beyond BFLOAT16");
        Nd4j.getRandom().setSeed(1);
        refusedBy(DataType.DOUBLE, new Normal(1.79e308, 1.79e308), "is beyond DOUBLE");
        refusedBy(DataType.DOUBLE, Layout.EMBEDDING.of(oneNan()), "The weight NaN is beyond DOUBLE");
        for (double largest : new double[] {65504, -65504}) {
            INDArray view = Nd4j.zeros(DataType.FLOAT16, 4);
            new Constant(largest).init(1, 1, new long[] {2, 2}, 'c', view);
            assertThat(view.getDouble(3)).isEqualTo(largest);
        }
    }

    /** The largest and smallest element of an array, as ND4J has them, pass over NaN. */
    private static IWeightInit oneNan() {
        return new IWeightInit() {
            @Override
            public INDArray init(double fanIn, double fanOut, long[] shape, char order, INDArray view) {
                return view.assign(1).putScalar(1, Double.NaN).reshape(order, shape);
            }
        };
    }

    private static void refusedBy(DataType type, IWeightInit initializer, String message) {
        assertThatThrownBy(() -> initializer.init(1, 1, new long[] {2, 2}, 'c', Nd4j.zeros(type, 4)))
                .as(initializer.toString())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message)
                .hasMessageContaining("[2, 2]");
    }

    @Test
    void oneLayoutOnly() {
        assertThatThrownBy(() -> Layout.DEPTHWISE.of(Layout.EMBEDDING.of(new Eye(1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Layout.DEPTHWISE of Layout.EMBEDDING");
    }

    @ParameterizedTest
    @MethodSource("initialized")
    void atInit(IWeightInit initializer, String wayOut, String shown, ThrowingCallable init) {
        assertThatThrownBy(init)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(shown)
                .hasMessageContaining(wayOut);
    }

    @Test
    void otherTypesThanFloatingPoint() {
        assertThatThrownBy(() -> new Constant(1).init(1, 1, new long[] {2, 2}, 'c', Nd4j.zeros(DataType.INT32, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("got INT");
    }

    private static Arguments refused(ThrowingCallable building, String message) {
        return Arguments.of(building, message);
    }

    private static Arguments shape(IWeightInit initializer, String wayOut, long... shape) {
        ThrowingCallable init = () ->
                initializer.init(1, 1, shape, 'c', Nd4j.zeros(DataType.DOUBLE, new long[] {ArrayUtil.prodLong(shape)}));
        return Arguments.of(initializer, wayOut, Arrays.toString(shape), init);
    }
}
