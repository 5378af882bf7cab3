/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Tolerance;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The passes are DL4J's own, layer by layer. */
final class PropagationTest {

    private static final int EXAMPLES = 5;

    /** Layers, and data for them. */
    record Case(String name, InputType input, INDArray labels, List<Layer> layers) {

        MultiLayerNetwork network() {
            return network(input, layers);
        }

        private static MultiLayerNetwork network(InputType input, List<Layer> layers) {
            return Nets.init(Nets.of(input, layers.stream().map(Layer::clone).toArray(Layer[]::new)));
        }

        INDArray features() {
            long[] shape = input.getShape(true);
            shape[0] = EXAMPLES;
            return new Data(4, DataType.DOUBLE).normal(shape);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        Data data = new Data(9, DataType.DOUBLE);
        InputType flat = InputType.feedForward(4);
        InputType sequence = InputType.recurrent(4, 6);
        INDArray classes = data.oneHot(EXAMPLES, 3);
        return Stream.of(
                new Case("dense", flat, classes, List.of(dense(6), dense(5), softmax(3))),
                // In inference, DL4J computes these two in the memory of their input.
                new Case(
                        "in place",
                        flat,
                        classes,
                        List.of(
                                new ActivationLayer(Activation.CUBE),
                                dense(6),
                                new ActivationLayer(Activation.TANH),
                                new ActivationLayer(Activation.CUBE),
                                dense(3),
                                new LossLayer.Builder(LossFunction.MCXENT)
                                        .activation(Activation.SOFTMAX)
                                        .build())),
                new Case(
                        "convolutional",
                        InputType.convolutional(6, 6, 2),
                        classes,
                        List.of(
                                new ConvolutionLayer.Builder(3, 3).nOut(4).build(),
                                new BatchNormalization(),
                                new ActivationLayer(Activation.RELU),
                                dense(5),
                                softmax(3))),
                new Case(
                        "sequences",
                        sequence,
                        data.oneHotSequences(EXAMPLES, 3, 6),
                        List.of(lstm(4), new Bidirectional(lstm(3)), rnnSoftmax(3))),
                new Case("last time step", sequence, classes, List.of(lstm(4), new LastTimeStep(lstm(3)), softmax(3))));
    }

    /** Preprocessors that need to know the number of examples; the layers after one cannot stand alone. */
    static Stream<Case> casesForward() {
        return Stream.concat(
                cases(),
                Stream.of(new Case(
                        "dense between sequences",
                        InputType.recurrent(4, 6),
                        new Data(9, DataType.DOUBLE).oneHotSequences(EXAMPLES, 3, 6),
                        List.of(lstm(4), dense(5), lstm(3), rnnSoftmax(3)))));
    }

    /**
     * DL4J's list of all activations shows those before an in-place layer overwritten, so each is asked for by itself.
     */
    @ParameterizedTest
    @MethodSource("casesForward")
    void forwardIsThatOfFeedForward(Case it) {
        MultiLayerNetwork network = it.network();
        INDArray features = it.features();
        INDArray copy = features.dup();
        for (Network ours : both(network)) {
            for (boolean training : new boolean[] {true, false}) {
                try (Propagation pass = ours.propagate(training, features)) {
                    assertThat(pass.layers()).hasSameSizeAs(it.layers());
                    for (int step = 0; step < it.layers().size(); step++) {
                        INDArray expected = it.network()
                                .feedForwardToLayer(step, features.dup(), training)
                                .get(step + 1);
                        String what = "step " + step + ", training " + training;
                        assertThat(pass.forward(step).shape()).as(what).isEqualTo(expected.shape());
                        Tolerance.assertClose(what, pass.forward(step), expected, 0);
                    }
                }
                assertThat(features).isEqualTo(copy);
            }
        }
    }

    /** An earlier output does not change when later ones are computed, or a step could not be computed again. */
    @ParameterizedTest
    @MethodSource("casesForward")
    void earlierOutputsStayInInference(Case it) {
        MultiLayerNetwork network = it.network();
        for (Network ours : both(network)) {
            try (Propagation pass = ours.propagate(false, it.features())) {
                List<INDArray> outputs = new ArrayList<>();
                List<INDArray> copies = new ArrayList<>();
                for (int step = 0; step < it.layers().size(); step++) {
                    outputs.add(pass.forward(step));
                    copies.add(outputs.get(step).dup());
                }
                assertThat(outputs).isEqualTo(copies);
            }
        }
    }

    /**
     * The gradient at the output of a layer is the one that DL4J returns for the features of a network of the layers
     * after it, with the same parameters.
     */
    @ParameterizedTest
    @MethodSource("cases")
    void backwardIsThatOfTheLayersAfter(Case it) {
        MultiLayerNetwork network = it.network();
        List<InputType> outputs = network.getLayerWiseConfigurations().getLayerActivationTypes(it.input());
        Map<String, INDArray> stack = backward(Network.of(it.network()), it);
        Map<String, INDArray> graph = backward(Network.of(it.network().toComputationGraph()), it);
        int last = it.layers().size() - 1;
        assertThat(stack).hasSize(last);
        assertThat(graph.keySet()).isEqualTo(stack.keySet());
        for (int i = 0; i < last; i++) {
            MultiLayerNetwork after = Case.network(outputs.get(i), it.layers().subList(i + 1, last + 1));
            for (int j = i + 1; j <= last; j++) {
                if (network.getLayer(j).numParams() > 0) {
                    after.getLayer(j - i - 1).setParams(network.getLayer(j).params());
                }
            }
            INDArray activations =
                    network.feedForwardToLayer(i, it.features(), true).get(i + 1);
            INDArray expected = after.calculateGradients(activations.dup(), it.labels(), null, null)
                    .getSecond();
            String name = String.valueOf(i);
            Tolerance.assertClose(name, stack.get(name), expected, Tolerance.DOUBLE);
            Tolerance.assertClose("graph, " + name, graph.get(name), stack.get(name), 0);
        }
    }

    private static Map<String, INDArray> backward(Network network, Case it) {
        return backward(network, it.labels(), it.features());
    }

    private static Map<String, INDArray> backward(Network network, INDArray labels, INDArray... features) {
        Map<String, INDArray> gradients = new LinkedHashMap<>();
        try (Propagation pass = Replica.of(network, configuration -> {}).propagate(true, features)) {
            for (int step = 0; step < pass.layers().size(); step++) {
                pass.forward(step);
            }
            pass.backward((layer, gradient) -> gradients.put(layer.name(), gradient.dup()), labels);
        }
        return gradients;
    }

    /** The gradient of a bias before the identity is that of the activations, summed over the examples. */
    @Test
    void backwardAddsUpWherePathsPart() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .miniBatch(false)
                .graphBuilder()
                .addInputs("in")
                .addLayer("first", linear(), "in")
                .addLayer("detour", linear(), "first")
                .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Product), "first", "detour")
                .addLayer(
                        "out",
                        new OutputLayer.Builder(LossFunction.MSE).nIn(4).nOut(3).build(),
                        "sum")
                .setOutputs("out")
                .build());
        graph.init();
        Data data = new Data(5, DataType.DOUBLE);
        INDArray features = data.normal(EXAMPLES, 4);
        INDArray labels = data.normal(EXAMPLES, 3);
        Map<String, INDArray> gradients = backward(Network.of(graph), labels, features);
        graph.setInputs(features);
        graph.setLabels(labels);
        graph.computeGradientAndScore();
        assertThat(gradients.keySet()).containsExactly("sum", "detour", "first");
        for (String name : List.of("first", "detour")) {
            INDArray expected = graph.gradient().getGradientFor(name + "_b");
            assertThat(expected.amaxNumber().doubleValue()).isPositive();
            Tolerance.assertClose(name, gradients.get(name).sum(0), expected.reshape(4), Tolerance.DOUBLE);
        }
    }

    private static Layer linear() {
        return new DenseLayer.Builder()
                .nIn(4)
                .nOut(4)
                .activation(Activation.IDENTITY)
                .build();
    }

    @Test
    void backwardEndsAtFrozenLayersAndIndices() {
        Data data = new Data(5, DataType.DOUBLE);
        INDArray labels = data.oneHot(EXAMPLES, 3);
        MultiLayerNetwork frozen =
                Nets.init(Nets.of(InputType.feedForward(4), dense(6), new FrozenLayer(dense(5)), dense(4), softmax(3)));
        for (Network network : both(frozen)) {
            assertThat(backward(network, labels, data.normal(EXAMPLES, 4)).keySet())
                    .containsExactly("2", "1");
        }
        MultiLayerNetwork words = Nets.init(Nets.of(
                InputType.feedForward(7),
                new EmbeddingLayer.Builder().nIn(7).nOut(4).build(),
                dense(4),
                softmax(3)));
        for (Network network : both(words)) {
            assertThat(backward(network, labels, data.indices(7, EXAMPLES, 1)).keySet())
                    .containsExactly("1", "0");
        }
    }

    private static List<Network> both(MultiLayerNetwork network) {
        return List.of(Network.of(network), Network.of(network.toComputationGraph()));
    }

    @Test
    void theInputIsPutBack() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        ComputationGraph graph = network.toComputationGraph();
        Data data = new Data(5, DataType.DOUBLE);
        INDArray features = data.normal(EXAMPLES, 4);
        assertThat(network.getInput()).isNull();
        assertThat(graph.getInputs()).containsOnlyNulls();
        passAndClose(Network.of(network), features);
        passAndClose(Network.of(graph), features);
        assertThat(network.getInput()).isNull();
        assertThat(graph.getInputs()).containsOnlyNulls();
        graph.clear();
        passAndClose(Network.of(graph), features);
        assertThat(graph.getInputs()).isNull();

        INDArray earlier = data.normal(2, 4);
        INDArray[] inputs = {earlier};
        network.setInput(earlier);
        graph.setInputs(inputs);
        passAndClose(Network.of(network), features);
        passAndClose(Network.of(graph), features);
        assertThat(network.getInput()).isSameAs(earlier);
        assertThat(graph.getInputs()).containsExactly(earlier);
    }

    private static void passAndClose(Network network, INDArray features) {
        try (Propagation pass = network.propagate(false, features)) {
            pass.forward(0);
        }
    }
}
