/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import java.util.Map;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

final class LsuvTest {

    /** The variance that the report speaks of, by hand: inputs times weights, plus bias. */
    @Test
    void outputsHaveUnitVariance() {
        MultiLayerNetwork network = Nets.init(
                Nets.of(InputType.feedForward(10), Nets.dense(20), Nets.dense(15), Nets.dense(15), Nets.softmax(3)));
        network.setParam("1_b", new Data(3, DataType.DOUBLE).normal(1, 15).muli(0.1));
        INDArray bias = network.getParam("1_b").dup();
        INDArray features = new Data(1, DataType.DOUBLE).normal(300, 10).muli(9).addi(4);
        Nd4j.getRandom().setSeed(2);
        LsuvReport report = NetworkInitializer.lsuv(network, features, 1e-6, 50);
        assertThat(report.reached()).isTrue();
        assertThat(report.notScaled()).isEmpty();
        assertThat(report.layers()).extracting(LsuvLayer::layer).containsExactly("0", "1", "2", "3");
        INDArray input = features;
        for (int i = 0; i < 4; i++) {
            INDArray z = input.mmul(network.getParam(i + "_W")).addRowVector(network.getParam(i + "_b"));
            double variance = z.var(false).getDouble(0);
            assertThat(variance).isCloseTo(1, within(1e-6));
            assertThat(report.layers().get(i).variance()).isCloseTo(variance, within(1e-9));
            assertThat(report.layers().get(i).iterations()).isBetween(1, 50);
            input = Nd4j.math().tanh(z);
        }
        assertThat(network.getParam("1_b")).isEqualTo(bias);
        // Scaled orthogonal: the rows of 10x20 still are at right angles and of one length.
        INDArray first = network.getParam("0_W");
        INDArray gram = first.mmul(first.transpose());
        assertThat(gram.sub(Nd4j.eye(10).castTo(DataType.DOUBLE).mul(gram.getDouble(0, 0)))
                        .amaxNumber()
                        .doubleValue())
                .isLessThan(1e-12);
        // Its activation functions are back.
        assertThat(network.output(features).sum(1).getDouble(0)).isCloseTo(1, within(1e-12));
    }

    @Test
    void withoutBiasOneDivisionIsEnough() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                Nets.settings().activation(Activation.RELU),
                InputType.convolutional(6, 6, 2),
                new ConvolutionLayer.Builder(3, 3).nOut(5).build(),
                new SeparableConvolution2D.Builder(3, 3)
                        .nOut(4)
                        .depthMultiplier(2)
                        .build(),
                Nets.softmax(3)));
        INDArray features = new Data(1, DataType.DOUBLE).normal(50, 2, 6, 6).muli(5);
        LsuvReport report = NetworkInitializer.lsuv(network, features, 1e-9, 3);
        assertThat(report.reached()).isTrue();
        assertThat(report.layers()).hasSize(3).allMatch(layer -> layer.iterations() == 1);
    }

    @Test
    void whatItCannotScaleIsNamed() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.recurrent(4, 5),
                new FrozenLayer(new LSTM.Builder().nOut(3).build()),
                new LSTM.Builder().nOut(3).build(),
                new RnnOutputLayer.Builder()
                        .nOut(2)
                        .activation(Activation.SOFTMAX)
                        .build()));
        INDArray frozen = network.params().dup();
        LsuvReport report = NetworkInitializer.lsuv(network, new Data(1, DataType.DOUBLE).normal(20, 4, 5));
        assertThat(report.reached()).isFalse();
        assertThat(report.notScaled())
                .extracting(LsuvLayer::obstacle)
                .containsExactly("it is frozen", "it is recurrent: its output is not a linear function of its weights");
        assertThat(report.layers().get(2).reached()).isTrue();
        assertThat(report.toString()).contains("1: not scaled, it is recurrent").contains("2: variance");
        // 4*(4*3) + 4*(3*3) + 12 parameters of the frozen layer.
        for (int i = 0; i < 96; i++) {
            assertThat(network.params().getDouble(i)).isEqualTo(frozen.getDouble(i));
        }
        // Each gate of the other one is orthogonal.
        INDArray gate = network.getParam("1_RW").get(NDArrayIndex.all(), NDArrayIndex.interval(3, 6));
        assertThat(gate.mmul(gate.transpose())
                        .sub(Nd4j.eye(3).castTo(DataType.DOUBLE))
                        .amaxNumber()
                        .doubleValue())
                .isLessThan(1e-14);
    }

    @Test
    void deadOutputsAndNormalizedOnesAreNamed() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(3),
                new DenseLayer.Builder().nOut(4).hasLayerNorm(true).build(),
                Nets.softmax(2)));
        LsuvReport report = NetworkInitializer.lsuv(network, Nd4j.zeros(DataType.DOUBLE, 5, 3));
        assertThat(report.notScaled())
                .extracting(LsuvLayer::obstacle)
                .containsExactly("layer normalization undoes any scale", "the variance of its output is 0.0");
    }

    /** Biases that vary more than the tolerance allows: the iterations run out, and the report says so. */
    @Test
    void whatItCannotReachIsReported() {
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(4), Nets.dense(30), Nets.softmax(2)));
        network.setParam("0_b", new Data(3, DataType.DOUBLE).normal(1, 30).muli(3));
        INDArray features = new Data(1, DataType.DOUBLE).normal(40, 4);
        LsuvReport report = NetworkInitializer.lsuv(network, features, 0.01, 4);
        LsuvLayer first = report.layers().get(0);
        assertThat(first.reached()).isFalse();
        assertThat(first.scalable()).isTrue();
        assertThat(first.iterations()).isEqualTo(4);
        assertThat(first.variance()).isGreaterThan(2);
        assertThat(first.toString()).contains("tolerance not reached");
    }

    @Test
    void graphsInTopologicalOrder() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .activation(Activation.RELU)
                .graphBuilder()
                .addInputs("a", "b")
                .addLayer("left", new DenseLayer.Builder().nOut(8).build(), "a")
                .addLayer("right", new DenseLayer.Builder().nOut(6).build(), "b")
                .addVertex("both", new MergeVertex(), "left", "right")
                .addLayer("out", Nets.softmax(3), "both")
                .setOutputs("out")
                .setInputTypes(InputType.feedForward(5), InputType.feedForward(4))
                .build());
        graph.init();
        Data data = new Data(1, DataType.DOUBLE);
        INDArray[] features = {data.normal(100, 5).muli(3), data.normal(100, 4).muli(0.1)};
        LsuvReport report = NetworkInitializer.lsuv(graph, features);
        assertThat(report.reached()).isTrue();
        assertThat(report.layers()).extracting(LsuvLayer::layer).containsExactlyInAnyOrder("left", "right", "out");
        Map<String, INDArray> activations = graph.feedForward(features, false);
        INDArray z = activations.get("both").mmul(graph.getParam("out_W"));
        assertThat(z.var(false).getDouble(0)).isCloseTo(1, within(0.1));
        INDArray right = features[1].mmul(graph.getParam("right_W"));
        assertThat(right.var(false).getDouble(0)).isCloseTo(1, within(0.1));
    }

    @Test
    void badInputIsNamed() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        INDArray features = Nd4j.ones(DataType.DOUBLE, 2, 4);
        assertThatThrownBy(() -> NetworkInitializer.lsuv(network, features, 0, 3))
                .hasMessageContaining("tolerance");
        assertThatThrownBy(() -> NetworkInitializer.lsuv(network, features, Double.NaN, 3))
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> NetworkInitializer.lsuv(network, features, 0.1, 0))
                .hasMessageContaining("maxIterations");
    }
}
