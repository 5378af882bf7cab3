/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Snapshot;
import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CapsuleLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocallyConnected1D;
import org.deeplearning4j.nn.conf.layers.LocallyConnected2D;
import org.deeplearning4j.nn.conf.layers.PrimaryCapsules;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.TimeDistributed;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.deeplearning4j.nn.conf.preprocessor.BaseInputPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What LSUV leaves alone, what it refuses, and what it says of layers it cannot scale. */
final class LsuvSafetyTest {

    private final Data data = new Data(1, DataType.DOUBLE);

    @Test
    void featuresThatDoNotFitLeaveATrainedNetworkAlone() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        network.fit(data.dataSet(8, 3, 4));
        ComputationGraph graph = network.toComputationGraph();
        Snapshot before = Snapshot.of(network);
        INDArray parameters = graph.params().dup();
        assertThatThrownBy(() -> NetworkInitializer.lsuv(network, data.normal(10, 5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[10, 5]");
        assertThatThrownBy(() -> NetworkInitializer.lsuv(graph, data.normal(10, 5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[10, 5]");
        assertThatThrownBy(() -> NetworkInitializer.lsuv(graph, data.normal(10, 4), data.normal(10, 4)))
                .isInstanceOf(IllegalArgumentException.class);
        for (double broken : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            INDArray features = data.normal(10, 4);
            features.putScalar(3, 2, broken);
            assertThatThrownBy(() -> NetworkInitializer.lsuv(network, features))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("finite");
            assertThatThrownBy(() -> NetworkInitializer.lsuv(graph, features))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("finite");
        }
        before.assertUnchanged(network);
        assertThat(graph.params()).isEqualTo(parameters);
    }

    /** A layer that fails once the weights before it have been replaced: all are put back. */
    @Test
    void aFailureInTheMiddlePutsTheWeightsBack() {
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(4), dense(5), dense(4), softmax(3)));
        INDArray before = network.params().dup();
        FailsOnSecondCall failing = new FailsOnSecondCall();
        network.getLayerWiseConfigurations().getInputPreProcessors().put(1, failing);
        assertThatThrownBy(() -> NetworkInitializer.lsuv(network, data.normal(10, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("as before")
                .hasMessageContaining("on purpose");
        assertThat(failing.calls).isEqualTo(2);
        assertThat(network.params()).isEqualTo(before);
    }

    /** Takes the place of a preprocessor, in a second pass: when the layers before have new weights. */
    private static final class FailsOnSecondCall extends BaseInputPreProcessor {

        private static final long serialVersionUID = 1L;

        private int calls;

        @Override
        public INDArray preProcess(INDArray input, int miniBatchSize, LayerWorkspaceMgr workspaceMgr) {
            calls++;
            if (calls == 2) {
                throw new IllegalStateException("on purpose");
            }
            return input;
        }

        @Override
        public INDArray backprop(INDArray output, int miniBatchSize, LayerWorkspaceMgr workspaceMgr) {
            return output;
        }

        @Override
        public InputType getOutputType(InputType inputType) {
            return inputType;
        }
    }

    @Test
    void theUpdaterAndTheFeaturesStay() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        network.fit(data.dataSet(8, 3, 4));
        INDArray state = network.updaterState().dup();
        INDArray input = data.normal(2, 4);
        network.setInput(input);
        INDArray features = data.normal(10, 4);
        INDArray copy = features.dup();
        NetworkInitializer.lsuv(network, features);
        assertThat(network.updaterState()).isEqualTo(state);
        assertThat(network.getInput()).isSameAs(input);
        assertThat(features).isEqualTo(copy);
        assertThat(network.getIterationCount()).isEqualTo(1);
    }

    /**
     * Layers run as at test time: without dropout, and with the running statistics of batch normalization, mean 0 and
     * variance 1 in a new network, not with those of the features.
     */
    @Test
    void outputsAreThoseOfInference() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(10),
                new BatchNormalization(),
                new DenseLayer.Builder().nOut(20).dropOut(0.5).build(),
                new ActivationLayer(Activation.RELU),
                softmax(3)));
        ComputationGraph graph = network.toComputationGraph();
        INDArray features = data.normal(100, 10).muli(30).addi(50);
        Nd4j.getRandom().setSeed(8);
        LsuvReport report = NetworkInitializer.lsuv(network, features, 1e-6, 20);
        Nd4j.getRandom().setSeed(8);
        NetworkInitializer.lsuv(graph, new INDArray[] {features}, 1e-6, 20);
        assertThat(graph.params().reshape(network.params().shape())).isEqualTo(network.params());
        assertThat(report.reached()).isTrue();
        List<INDArray> activations = network.feedForward(features, false);
        // The last layer sees what inference computes: its inputs times its weights have unit variance.
        INDArray z = activations.get(3).mmul(network.getParam("3_W"));
        assertThat(z.var(false).getDouble(0)).isCloseTo(1, within(1e-6));
        INDArray normalized = activations.get(1);
        assertThat(normalized.std(false).getDouble(0))
                .as("not normalized by the batch")
                .isGreaterThan(20);
        assertThat(normalized.mmul(network.getParam("1_W")).var(false).getDouble(0))
                .isCloseTo(1, within(1e-6));
        assertThat(network.getParam("0_mean").amaxNumber().doubleValue()).isZero();
    }

    @Test
    void everyReasonIsTheTrueOne() {
        String hidden =
                "its activation function is a part of its SameDiff graph, so the output before it is out of reach";
        String recurrent = "it is recurrent: its output is not a linear function of its weights";
        assertThat(obstacle(
                        InputType.recurrent(6, 4),
                        new LocallyConnected1D.Builder().kernelSize(2).nOut(3).build()))
                .isEqualTo(hidden);
        assertThat(obstacle(
                        InputType.convolutional(6, 6, 2),
                        new LocallyConnected2D.Builder()
                                .kernelSize(2, 2)
                                .nOut(3)
                                .build()))
                .isEqualTo(hidden);
        assertThat(obstacle(
                        InputType.convolutional(6, 6, 2),
                        new PrimaryCapsules.Builder(4, 2).kernelSize(3, 3).build()))
                .isEqualTo(hidden);
        assertThat(obstacle(
                        InputType.recurrent(6, 4),
                        new Bidirectional(new LSTM.Builder().nOut(3).build())))
                .isEqualTo(recurrent);
        assertThat(obstacle(
                        InputType.recurrent(6, 4),
                        new LastTimeStep(new LSTM.Builder().nOut(3).build())))
                .isEqualTo(recurrent);
        assertThat(obstacle(InputType.recurrent(6, 4), new CapsuleLayer.Builder(2, 3, 1).build()))
                .isEqualTo("its output is not a linear function of its weights");
        assertThat(obstacle(
                        InputType.feedForward(6),
                        new OCNNOutputLayer.Builder().hiddenLayerSize(3).build()))
                .isEqualTo("its output is not a linear function of its weights");
        assertThat(obstacle(
                        InputType.recurrent(6, 4),
                        new SelfAttentionLayer.Builder()
                                .nOut(4)
                                .nHeads(2)
                                .projectInput(true)
                                .build()))
                .isEqualTo("it is attention: its output is not a linear function of its weights");
        assertThat(obstacle(InputType.feedForward(4), new Scale()))
                .isEqualTo("its weights 's' are a vector, which has no orthogonal start");
    }

    /** A wrapper around a linear layer is no obstacle. */
    @Test
    void wrappersAreLookedThrough() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.recurrent(6, 4),
                new TimeDistributed(new DenseLayer.Builder().nOut(5).build()),
                Nets.rnnSoftmax(2)));
        INDArray features = data.normal(20, 6, 4).muli(7);
        LsuvReport report = NetworkInitializer.lsuv(network, features, 1e-6, 20);
        assertThat(report.notScaled()).isEmpty();
        INDArray flat = features.permute(0, 2, 1).dup('c').reshape('c', 80, 6);
        assertThat(flat.mmul(network.getParam("0_W")).var(false).getDouble(0)).isCloseTo(1, within(1e-6));
    }

    /** Preprocessors between layers, and a graph of the same layers, give the same weights. */
    @Test
    void graphsAndStacksAgree() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.convolutionalFlat(6, 6, 2),
                new ConvolutionLayer.Builder(3, 3).nOut(4).build(),
                new ActivationLayer(Activation.RELU),
                dense(7),
                softmax(3)));
        ComputationGraph graph = network.toComputationGraph();
        INDArray features = data.normal(30, 72).muli(3);
        Nd4j.getRandom().setSeed(3);
        LsuvReport stack = NetworkInitializer.lsuv(network, features);
        Nd4j.getRandom().setSeed(3);
        LsuvReport vertices = NetworkInitializer.lsuv(graph, features);
        assertThat(stack.reached()).isTrue();
        assertThat(vertices.layers())
                .extracting(LsuvLayer::variance)
                .isEqualTo(stack.layers().stream().map(LsuvLayer::variance).toList());
        assertThat(graph.params())
                .isEqualTo(network.params().reshape(graph.params().shape()));
    }

    /**
     * Between the dense and the recurrent layer a preprocessor unfolds time, and must know how many examples there are:
     * taken for 80 sequences of one step, the recurrent layer would carry no state.
     */
    @Test
    void sequencesStayInOnePieceBehindFeedForwardLayers() {
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.recurrent(6, 4), dense(7), lstm(5), rnnSoftmax(3)));
        ComputationGraph graph = network.toComputationGraph();
        INDArray features = data.normal(20, 6, 4).muli(3);
        Nd4j.getRandom().setSeed(3);
        LsuvReport stack = NetworkInitializer.lsuv(network, features, 1e-9, 20);
        Nd4j.getRandom().setSeed(3);
        LsuvReport vertices = NetworkInitializer.lsuv(graph, new INDArray[] {features}, 1e-9, 20);
        assertThat(vertices).isEqualTo(stack);
        assertThat(graph.params())
                .isEqualTo(network.params().reshape(graph.params().shape()));
        // By hand, from the activations of inference: [20, 5, 4], values second.
        INDArray states = network.feedForward(features, false).get(2);
        INDArray flat = states.permute(0, 2, 1).dup('c').reshape('c', 80, 5);
        assertThat(flat.mmul(network.getParam("2_W")).var(false).getDouble(0)).isCloseTo(1, within(1e-9));
    }

    private String obstacle(InputType input, Layer layer) {
        MultiLayerNetwork network = Nets.init(Nets.of(input, layer));
        long[] shape = input.getShape(true);
        shape[0] = 5;
        return NetworkInitializer.lsuv(network, data.normal(shape))
                .layers()
                .get(0)
                .obstacle();
    }
}
