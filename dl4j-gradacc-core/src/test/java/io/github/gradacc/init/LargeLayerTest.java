/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Nets;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Weights of a layer that is not the first are a view that starts in the middle of the network's parameters. Above
 * 65,536 they are written in several parts. The bits are those of the layer drawn alone.
 */
final class LargeLayerTest {

    private static final long SEED = 12345;
    private static final long[] FIRST = {20, 300};
    private static final long[] SECOND = {300, 301};

    static Stream<Arguments> cases() {
        return Stream.of(DataType.DOUBLE, DataType.FLOAT)
                .flatMap(type -> Stream.of(new Normal(0, 1), new KaimingUniform(FanMode.FAN_OUT, 1))
                        .map(initializer -> Arguments.of(type, initializer)));
    }

    /** Only the second layer draws, so that its random numbers are the first after the seed. */
    @ParameterizedTest
    @MethodSource("cases")
    void whenDl4jInitializesIt(DataType type, IWeightInit initializer) {
        Nd4j.getRandom().setSeed(SEED);
        INDArray alone = draw(type, initializer, SECOND);
        MultiLayerNetwork network = stack(type, initializer);
        ComputationGraph graph = graph(type, initializer);
        assertThat(network.getParam("1_W").length()).isGreaterThan(1 << 16);
        assertSameBits(network.getParam("1_W"), alone);
        assertSameBits(graph.getParam("second_W"), alone);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whenItIsAppliedToABuiltNetwork(DataType type, IWeightInit initializer) {
        MultiLayerNetwork network = stack(type, new Constant(7));
        ComputationGraph graph = graph(type, new Constant(7));
        Nd4j.getRandom().setSeed(SEED);
        NetworkInitializer.apply(network, initializer);
        Nd4j.getRandom().setSeed(SEED);
        NetworkInitializer.apply(graph, initializer);
        Nd4j.getRandom().setSeed(SEED);
        INDArray first = draw(type, initializer, FIRST);
        INDArray second = draw(type, initializer, SECOND);
        assertSameBits(network.getParam("0_W"), first);
        assertSameBits(network.getParam("1_W"), second);
        assertSameBits(graph.getParam("first_W"), first);
        assertSameBits(graph.getParam("second_W"), second);
    }

    /** ND4J's {@code equals} lets numbers differ by 1e-5. */
    private static void assertSameBits(INDArray actual, INDArray expected) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.dup('c').data().asDouble())
                .isEqualTo(expected.dup('c').data().asDouble());
    }

    private static INDArray draw(DataType type, IWeightInit initializer, long... shape) {
        return initializer.init(Filled.WRONG_FAN, Filled.WRONG_FAN, shape, 'f', Nd4j.create(type, shape[0] * shape[1]));
    }

    private static MultiLayerNetwork stack(DataType type, IWeightInit second) {
        return Nets.init(Nets.settings()
                .seed(SEED)
                .dataType(type)
                .list()
                .layer(dense(FIRST, new Constant(0.5)))
                .layer(dense(SECOND, second))
                .layer(output())
                .build());
    }

    private static ComputationGraph graph(DataType type, IWeightInit second) {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .seed(SEED)
                .dataType(type)
                .graphBuilder()
                .addInputs("in")
                .addLayer("first", dense(FIRST, new Constant(0.5)), "in")
                .addLayer("second", dense(SECOND, second), "first")
                .addLayer("out", output(), "second")
                .setOutputs("out")
                .build());
        graph.init();
        return graph;
    }

    private static Layer dense(long[] shape, IWeightInit initializer) {
        return new DenseLayer.Builder()
                .nIn(shape[0])
                .nOut(shape[1])
                .weightInit(initializer)
                .build();
    }

    private static Layer output() {
        return new OutputLayer.Builder()
                .nIn(SECOND[1])
                .nOut(2)
                .weightInit(new Constant(0.5))
                .activation(Activation.SOFTMAX)
                .build();
    }
}
