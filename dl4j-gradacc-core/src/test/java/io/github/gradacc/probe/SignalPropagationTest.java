/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.BaseActivationFunction;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class SignalPropagationTest {

    private final Data data = new Data(3, DataType.DOUBLE);

    private static MultiLayerNetwork linear(INDArray... weights) {
        Layer[] layers = Arrays.stream(weights)
                .map(w -> new DenseLayer.Builder()
                        .nOut(w.size(1))
                        .hasBias(false)
                        .activation(Activation.IDENTITY)
                        .build())
                .toArray(Layer[]::new);
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(weights[0].size(0)), layers));
        for (int i = 0; i < weights.length; i++) {
            network.setParam(i + "_W", weights[i]);
        }
        return network;
    }

    private static INDArray diagonal(double... values) {
        return Nd4j.diag(Nd4j.createFromArray(values));
    }

    @Test
    void scaledIdentitiesScaleTheSignalExactly() {
        MultiLayerNetwork network = linear(diagonal(1, 1), diagonal(4, 4), diagonal(0.5, 0.5));
        INDArray features = Nd4j.createFromArray(2.0, 4, 4, 4, 5, 5, 7, 9).reshape(4, 2);

        assertThat(SignalPropagation.probe(network, features).layers())
                .extracting(SignalLayer::activations)
                .containsExactly(
                        new Signal(8, 5, 2, 0, 0, 0), new Signal(8, 20, 8, 0, 0, 0), new Signal(8, 10, 4, 0, 0, 0));
    }

    @Test
    void zerosNansAndInfinitiesAreCounted() {
        double infinity = Double.POSITIVE_INFINITY;
        MultiLayerNetwork network = linear(diagonal(1, 0), diagonal(1, 1));
        network.setParam("1_W", Nd4j.createFromArray(1.0, infinity, 1, 1).reshape(2, 2));
        INDArray features = Nd4j.createFromArray(1.0, 5, 0, 5).reshape(2, 2);

        SignalReport report = SignalPropagation.probe(network, features);

        // [1 5; 0 5] diag(1, 0) = [1 0; 0 0], times [1 inf; 1 1] is [1 inf; 0 NaN]: 0 inf is NaN.
        assertThat(report.layers().get(0).activations()).isEqualTo(new Signal(4, 0.25, Math.sqrt(3 / 16.0), 3, 0, 0));
        assertThat(report.layers().get(1).activations()).isEqualTo(new Signal(4, 0.5, 0.5, 1, 1, 1));
    }

    /** y = x A B with the loss |y - t|^2 / 2 has the gradient 2 (y - t) / 2 B' at x A, for each example. */
    @Test
    void gradientsAreThoseOfActivations() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(2),
                new DenseLayer.Builder()
                        .nOut(2)
                        .hasBias(false)
                        .activation(Activation.IDENTITY)
                        .build(),
                new OutputLayer.Builder(LossFunction.MSE)
                        .nOut(2)
                        .hasBias(false)
                        .activation(Activation.IDENTITY)
                        .build()));
        network.setParam("0_W", diagonal(1, 1));
        network.setParam("1_W", diagonal(3, -3));
        INDArray features = Nd4j.createFromArray(1.0, 2, 3, 4).reshape(2, 2);
        INDArray labels = Nd4j.createFromArray(2.0, -7, 9, -8).reshape(2, 2);

        SignalReport report = SignalPropagation.probe(network, features, labels);

        // y - t = [1 1; 0 -4]; B' = diag(3, -3): [3 -3; 0 12]
        assertThat(report.layers().get(0).gradients()).isEqualTo(new Signal(4, 3, Math.sqrt(31.5), 1, 0, 0));
        assertThat(report.layers().get(0).output()).isFalse();
        assertThat(report.layers().get(1).gradients()).isNull();
        assertThat(report.layers().get(1).output()).isTrue();
    }

    /** Central differences through the activations of a tanh layer, by way of the bias below it. */
    @Test
    void gradientsAgreeWithFiniteDifferences() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(3),
                new DenseLayer.Builder().nOut(2).activation(Activation.IDENTITY).build(),
                dense(4),
                softmax(3)));
        INDArray features = data.normal(1, 3);
        INDArray labels = data.oneHot(1, 3);
        Signal gradients = SignalPropagation.probe(network, features, labels)
                .layers()
                .get(0)
                .gradients();

        double[] derivatives = new double[2];
        INDArray bias = network.getParam("0_b");
        for (int i = 0; i < 2; i++) {
            double before = bias.getDouble(i);
            bias.putScalar(i, before + 1e-5);
            double above = network.score(new DataSet(features, labels));
            bias.putScalar(i, before - 1e-5);
            double below = network.score(new DataSet(features, labels));
            bias.putScalar(i, before);
            derivatives[i] = (above - below) / 2e-5;
        }
        // The differences err by the square of the step and by rounding over the step: 1e-10 each.
        Signal expected = Signal.of(Nd4j.createFromArray(derivatives));
        assertThat(gradients.mean()).isCloseTo(expected.mean(), within(1e-8));
        assertThat(gradients.std()).isCloseTo(expected.std(), within(1e-8));
    }

    private record Case(String name, InputType input, List<Layer> layers) {
        MultiLayerNetwork network() {
            return Nets.init(Nets.of(input, layers.toArray(Layer[]::new)));
        }

        DataSet examples() {
            Data data = new Data(9, DataType.DOUBLE);
            if (input.getType() == InputType.Type.RNN) {
                return new DataSet(data.normal(5, 4, 6), data.oneHotSequences(5, 3, 6));
            }
            return input.getType() == InputType.Type.CNN ? data.dataSet(5, 3, 2, 6, 6) : data.dataSet(5, 3, 4);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<Arguments> cases() {
        InputType flat = InputType.feedForward(4);
        InputType sequence = InputType.recurrent(4, 6);
        InputType image = InputType.convolutional(6, 6, 2);
        return List.of(
                row("dense", flat, dense(6), dense(5), softmax(3)),
                row("batch normalization", flat, dense(6), new BatchNormalization(), softmax(3)),
                row(
                        "convolution",
                        image,
                        new ConvolutionLayer.Builder(3, 3).nOut(4).build(),
                        new BatchNormalization(),
                        dense(5),
                        softmax(3)),
                row("recurrent", sequence, lstm(4), new Bidirectional(lstm(3)), rnnSoftmax(3)),
                row("frozen", flat, new FrozenLayer(dense(6)), new FrozenLayer(dense(5)), dense(4), softmax(3)),
                row(
                        "noise",
                        flat,
                        new DropoutLayer(0.5),
                        new DenseLayer.Builder()
                                .nOut(6)
                                .dropOut(0.5)
                                .weightNoise(new DropConnect(0.5))
                                .build(),
                        softmax(3)),
                row(
                        "noise in a wrapper",
                        sequence,
                        new Bidirectional(
                                new LSTM.Builder().nOut(3).dropOut(0.5).build()),
                        rnnSoftmax(3)));
    }

    private static Arguments row(String name, InputType input, Layer... layers) {
        return Arguments.of(new Case(name, input, List.of(layers)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aGraphAndAStackOfTheSameLayersGiveTheSameReport(Case row) {
        MultiLayerNetwork network = row.network();
        DataSet examples = row.examples();

        SignalReport stack = SignalPropagation.probe(network, examples.getFeatures(), examples.getLabels());
        SignalReport graph =
                SignalPropagation.probe(network.toComputationGraph(), examples.getFeatures(), examples.getLabels());

        assertThat(graph).isEqualTo(stack);
        assertThat(SignalPropagation.probe(network, examples.getFeatures()).layers())
                .extracting(SignalLayer::activations)
                .isEqualTo(stack.layers().stream().map(SignalLayer::activations).toList());
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("cases")
    void nothingIsLeftBehind(Case row) {
        MultiLayerNetwork network = row.network();
        DataSet examples = row.examples();
        network.fit(examples);
        network.clear();
        EventLog events = new EventLog();
        network.setListeners(events);
        Snapshot before = Snapshot.of(network);
        INDArray gradients = network.getFlattenedGradients().dup();
        INDArray features = examples.getFeatures().dup();
        INDArray labels = examples.getLabels().dup();
        String configuration = network.getLayerWiseConfigurations().toJson();
        Nd4j.getRandom().setSeed(99);

        SignalReport first = SignalPropagation.probe(network, examples.getFeatures(), examples.getLabels());
        double drawn = Nd4j.getRandom().nextDouble();
        SignalReport second = SignalPropagation.probe(network, examples.getFeatures(), examples.getLabels());

        before.assertUnchanged(network);
        assertThat(network.getFlattenedGradients()).isEqualTo(gradients);
        assertThat(network.getInput()).isNull();
        assertThat(network.getLabels()).isNull();
        assertThat(Arrays.stream(network.getLayers()).map(org.deeplearning4j.nn.api.Layer::input))
                .containsOnlyNulls();
        assertThat(network.getLayerWiseConfigurations().toJson()).isEqualTo(configuration);
        assertThat(events.events()).isEmpty();
        assertThat(examples.getFeatures()).isEqualTo(features);
        assertThat(examples.getLabels()).isEqualTo(labels);
        assertThat(second).as("the second report").isEqualTo(first);
        Nd4j.getRandom().setSeed(99);
        assertThat(drawn).as("the random generator").isEqualTo(Nd4j.getRandom().nextDouble());
    }

    @Test
    void aGraphIsNotChangedEither() {
        ComputationGraph graph = residual();
        graph.fit(new DataSet(data.normal(5, 4), data.oneHot(5, 3)));
        graph.clear();
        EventLog events = new EventLog();
        graph.setListeners(events);
        INDArray parameters = graph.params().dup();
        INDArray state = graph.updaterState().dup();

        SignalPropagation.probe(graph, data.normal(5, 4), data.oneHot(5, 3));

        assertThat(graph.params()).isEqualTo(parameters);
        assertThat(graph.updaterState()).isEqualTo(state);
        assertThat(graph.getIterationCount()).isEqualTo(1);
        assertThat(graph.getInputs()).isNull();
        assertThat(events.events()).isEmpty();
    }

    /**
     * Where one activation goes two ways, its gradient is the sum of two; a detour of weight 0 leaves the straight way.
     */
    @Test
    void gradientsAddUpWherePathsPart() {
        ComputationGraph graph = residual();
        INDArray features = data.normal(5, 4);
        INDArray labels = data.oneHot(5, 3);
        graph.setParam("detour_W", Nd4j.zeros(DataType.DOUBLE, 4, 4));

        SignalReport report = SignalPropagation.probe(graph, features, labels);

        assertThat(report.layers()).extracting(SignalLayer::name).containsExactly("first", "detour", "sum", "out");
        assertThat(report.layers()).extracting(SignalLayer::type).contains("ElementWiseVertex");
        assertThat(signal(report, "sum").activations())
                .isEqualTo(signal(report, "first").activations());
        assertThat(signal(report, "first").gradients())
                .isEqualTo(signal(report, "sum").gradients())
                .isNotNull();
        // Straight on, and once more through the identity.
        graph.setParam("detour_W", Nd4j.eye(4).castTo(DataType.DOUBLE));
        SignalReport doubled = SignalPropagation.probe(graph, features, labels);
        assertThat(signal(doubled, "first").gradients().std())
                .isCloseTo(2 * signal(doubled, "sum").gradients().std(), within(1e-12));
    }

    @Test
    void graphsMayHaveSeveralInputsAndOutputs() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .graphBuilder()
                .addInputs("words", "numbers")
                .addLayer(
                        "embedding", new EmbeddingLayer.Builder().nIn(7).nOut(4).build(), "words")
                .addLayer("dense", new DenseLayer.Builder().nIn(5).nOut(4).build(), "numbers")
                .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "embedding", "dense")
                .addLayer(
                        "left",
                        new OutputLayer.Builder(LossFunction.MSE).nIn(4).nOut(2).build(),
                        "sum")
                .addLayer(
                        "right",
                        new OutputLayer.Builder(LossFunction.MSE).nIn(4).nOut(3).build(),
                        "sum")
                .setOutputs("left", "right")
                .build());
        graph.init();

        SignalReport report = SignalPropagation.probe(
                graph,
                new INDArray[] {data.indices(7, 6, 1), data.normal(6, 5)},
                new INDArray[] {data.normal(6, 2), data.normal(6, 3)});

        assertThat(report.layers())
                .extracting(SignalLayer::name)
                .containsExactlyInAnyOrder("embedding", "dense", "sum", "left", "right");
        Signal gradients = signal(report, "sum").gradients();
        assertThat(gradients.count()).isEqualTo(6 * 4);
        assertThat(signal(report, "embedding").gradients()).isEqualTo(gradients);
        assertThat(signal(report, "dense").gradients()).isEqualTo(gradients);
        assertThat(signal(report, "left").gradients()).isNull();
        assertThat(signal(report, "right").activations().count()).isEqualTo(6 * 3);
        // Word 5 is not five times word 1: only the numbers are features that have a scale.
        assertThat(report.features()).singleElement().extracting(Signal::count).isEqualTo(6L * 5);
    }

    @Test
    void featuresAreMeasuredWhereTheyAreNumbers() {
        MultiLayerNetwork numbers = linear(diagonal(1, 1));
        INDArray features = Nd4j.createFromArray(2.0, 4, 4, 4, 5, 5, 7, 9).reshape(4, 2);
        assertThat(SignalPropagation.probe(numbers, features).features()).containsExactly(new Signal(8, 5, 2, 0, 0, 0));
        for (Layer embedding : List.of(
                new EmbeddingLayer.Builder().nIn(7).nOut(4).build(),
                new FrozenLayer(new EmbeddingLayer.Builder().nIn(7).nOut(4).build()))) {
            MultiLayerNetwork words = Nets.init(Nets.of(InputType.feedForward(7), embedding, softmax(3)));
            assertThat(SignalPropagation.probe(words, data.indices(7, 6, 1)).features())
                    .isEmpty();
        }
        MultiLayerNetwork sentences = Nets.init(Nets.of(
                InputType.recurrent(7, 5),
                new EmbeddingSequenceLayer.Builder()
                        .nIn(7)
                        .nOut(4)
                        .inputLength(5)
                        .build(),
                rnnSoftmax(3)));
        INDArray indices = data.indices(7, 6, 5);
        assertThat(SignalPropagation.probe(sentences, indices).features()).isEmpty();
        assertThat(SignalPropagation.probe(sentences.toComputationGraph(), indices)
                        .features())
                .isEmpty();
    }

    private static SignalLayer signal(SignalReport report, String name) {
        return report.layers().stream()
                .filter(layer -> layer.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static ComputationGraph residual() {
        GraphBuilder builder = Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addLayer("first", new DenseLayer.Builder().nIn(4).nOut(4).build(), "in")
                .addLayer(
                        "detour",
                        new DenseLayer.Builder()
                                .nIn(4)
                                .nOut(4)
                                .hasBias(false)
                                .activation(Activation.IDENTITY)
                                .build(),
                        "first")
                .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "first", "detour")
                .addLayer(
                        "out",
                        new OutputLayer.Builder(LossFunction.MCXENT)
                                .nIn(4)
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .build(),
                        "sum")
                .setOutputs("out");
        ComputationGraph graph = new ComputationGraph(builder.build());
        graph.init();
        return graph;
    }

    /** At its start batch normalization would, at test time, let everything through. */
    @Test
    void batchNormalizationUsesTheStatisticsOfTheFeatures() {
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(4), new BatchNormalization(), softmax(3)));

        Signal signal = SignalPropagation.probe(network, data.normal(50, 4).mul(1000))
                .layers()
                .get(0)
                .activations();

        assertThat(signal.mean()).isCloseTo(0, within(1e-9));
        assertThat(signal.std()).isCloseTo(1, within(1e-9));
    }

    @Test
    void layersWithoutANameHaveTheirIndex() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                dense(6),
                new DenseLayer.Builder().name("middle").nOut(5).build(),
                softmax(3)));

        assertThat(SignalPropagation.probe(network, data.normal(5, 4)).layers())
                .extracting(SignalLayer::name)
                .containsExactly("0", "middle", "2");
    }

    @Test
    void gradientsStopAtFrozenLayers() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4), new FrozenLayer(dense(6)), new FrozenLayer(dense(5)), dense(4), softmax(3)));

        SignalReport report = SignalPropagation.probe(network, data.normal(5, 4), data.oneHot(5, 3));

        assertThat(report.layers().get(0).gradients()).isNull();
        assertThat(report.layers().get(1).gradients()).isNotNull();
        assertThat(report.layers().get(2).gradients()).isNotNull();
    }

    /** DL4J wraps vertices for transfer learning; what is below them is not trained either. */
    @Test
    void gradientsStopAtFrozenVertices() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addLayer("below", new DenseLayer.Builder().nIn(4).nOut(4).build(), "in")
                .addVertex(
                        "frozen", new FrozenVertex(new ElementWiseVertex(ElementWiseVertex.Op.Add)), "below", "below")
                .addLayer("above", new DenseLayer.Builder().nIn(4).nOut(5).build(), "frozen")
                .addLayer(
                        "out",
                        new OutputLayer.Builder(LossFunction.MSE).nIn(5).nOut(3).build(),
                        "above")
                .setOutputs("out")
                .build());
        graph.init();

        SignalReport report = SignalPropagation.probe(graph, data.normal(5, 4), data.normal(5, 3));

        assertThat(signal(report, "above").gradients()).isNotNull();
        assertThat(signal(report, "frozen").gradients()).isNotNull();
        assertThat(signal(report, "below").gradients()).isNull();
    }

    @Test
    void truncatedBackpropagationIsNotTruncatedHere() {
        UnaryOperator<MultiLayerConfiguration> truncated = configuration -> {
            configuration.setBackpropType(BackpropType.TruncatedBPTT);
            configuration.setTbpttFwdLength(2);
            configuration.setTbpttBackLength(2);
            return configuration;
        };
        var plain = Nets.of(InputType.recurrent(4, 6), lstm(4), rnnSoftmax(3));
        INDArray features = data.normal(5, 4, 6);
        INDArray labels = data.oneHotSequences(5, 3, 6);

        SignalReport report = SignalPropagation.probe(Nets.init(truncated.apply(plain.clone())), features, labels);

        assertThat(report).isEqualTo(SignalPropagation.probe(Nets.init(plain), features, labels));
    }

    @Test
    void refusesWhatIsMissing() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        assertThatNullPointerException()
                .isThrownBy(() -> SignalPropagation.probe(network, null))
                .withMessageContaining("features");
        assertThatNullPointerException()
                .isThrownBy(() -> SignalPropagation.probe(network, data.normal(5, 4), null))
                .withMessageContaining("labels");
        assertThatNullPointerException()
                .isThrownBy(() -> SignalPropagation.probe(network.toComputationGraph(), (INDArray) null))
                .withMessageContaining("features");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignalPropagation.probe(network, Nd4j.empty(DataType.DOUBLE)))
                .withMessageContaining("at least one example");
    }

    @Test
    void refusesANetworkThatIsNotInitialized() {
        assertThatIllegalStateException()
                .isThrownBy(() -> SignalPropagation.probe(new MultiLayerNetwork(Nets.mlp()), data.normal(5, 4)))
                .withMessageContaining("init()");
        ComputationGraph graph = new ComputationGraph(residual().getConfiguration());
        assertThatIllegalStateException()
                .isThrownBy(() -> SignalPropagation.probe(graph, data.normal(5, 4)))
                .withMessageContaining("init()");
    }

    /** What DL4J itself computes for a step, of the first layer as of the others. */
    @EachNetworkClass
    <T extends Model> void parametersHaveTheGradientsOfAStep(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        DataSet batch = data.dataSet(5, 3, 4);

        Signal ours = probe(network, batch).parameterGradients();

        assertThat(ours).isEqualTo(Signal.of(gradient(network, batch)));
        assertThat(ours.count()).isEqualTo(4 * 6 + 6 + 6 * 3 + 3);
        assertThat(ours.zeros()).isZero();
    }

    private static INDArray gradient(Model network, DataSet batch) {
        if (network instanceof ComputationGraph graph) {
            graph.setInputs(batch.getFeatures());
            graph.setLabels(batch.getLabels());
        } else {
            MultiLayerNetwork layers = (MultiLayerNetwork) network;
            layers.setInput(batch.getFeatures());
            layers.setLabels(batch.getLabels());
        }
        network.computeGradientAndScore(LayerWorkspaceMgr.noWorkspaces());
        return network.gradient().gradient();
    }

    @EachNetworkClass
    <T extends Model> void withoutLabelsOrParametersThereAreNoneOfThem(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        assertThat(probe(network, new DataSet(data.normal(5, 4), null)).parameterGradients())
                .isNull();
        T noParameters = type.init(Nets.of(
                InputType.feedForward(3),
                new ActivationLayer(Activation.TANH),
                new LossLayer.Builder(LossFunction.MSE).build()));
        assertThat(probe(noParameters, data.dataSet(5, 3, 3)).parameterGradients())
                .isNull();
    }

    private static SignalReport probe(Model network, DataSet batch) {
        INDArray labels = batch.getLabels();
        if (network instanceof ComputationGraph graph) {
            return labels == null
                    ? SignalPropagation.probe(graph, batch.getFeatures())
                    : SignalPropagation.probe(graph, batch.getFeatures(), labels);
        }
        MultiLayerNetwork layers = (MultiLayerNetwork) network;
        return labels == null
                ? SignalPropagation.probe(layers, batch.getFeatures())
                : SignalPropagation.probe(layers, batch.getFeatures(), labels);
    }

    /** A convolution that hands the image on, a 2-norm of each quarter of it, and a loss. */
    private static <T extends Model> T normPooling(NetworkClass<T> type, Activation activation) {
        T network = type.init(Nets.of(
                InputType.convolutional(4, 4, 1),
                new ConvolutionLayer.Builder(1, 1)
                        .nOut(1)
                        .activation(activation)
                        .build(),
                new SubsamplingLayer.Builder(PoolingType.PNORM)
                        .pnorm(2)
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build(),
                softmax(3)));
        network.setParam("0_W", Nd4j.ones(DataType.DOUBLE, 1, 1, 1, 1));
        return network;
    }

    /** One picture of 4 x 4 positive numbers, with a quarter of zeros. */
    private static DataSet imageWithZeros() {
        INDArray image = Nd4j.linspace(1, 16, 16, DataType.DOUBLE).reshape(1, 1, 4, 4);
        for (int row = 0; row < 2; row++) {
            for (int column = 0; column < 2; column++) {
                image.putScalar(new int[] {0, 0, row, column}, 0);
            }
        }
        return new DataSet(image, Nd4j.createFromArray(1.0, 0, 0).reshape(1, 3));
    }

    /** The derivative of a norm at zero is 0 / 0; where ReLU made the zeros, it discards what comes back to them. */
    @EachNetworkClass
    <T extends Model> void gradientsThatReluDiscardsBreakNothing(NetworkClass<T> type) {
        T network = normPooling(type, Activation.RELU);
        SignalReport report = probe(network, imageWithZeros());

        assertThat(report.parameterGradients().nonFinite()).isZero();
        assertThat(report.diagnosis())
                .contains("The gradients of activations are not finite in layer 0 (4 NaN and 0 infinite of 16),"
                        + " but these")
                .doesNotContain("stop being finite");
        type.fit(network, imageWithZeros());
        assertThat(network.params().isNaN().any()).isFalse();
    }

    @EachNetworkClass
    <T extends Model> void gradientsThatNothingDiscardsBreakTraining(NetworkClass<T> type) {
        T network = normPooling(type, Activation.IDENTITY);
        SignalReport report = probe(network, imageWithZeros());

        assertThat(report.parameterGradients().nans()).isPositive();
        assertThat(report.diagnosis())
                .contains("The gradients stop being finite in layer 0: 4 NaN and 0 infinite of 16.")
                .doesNotContain("discarded");
        type.fit(network, imageWithZeros());
        assertThat(network.params().isNaN().any()).isTrue();
    }

    @Test
    void refusesShapesThatDoNotFit() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignalPropagation.probe(network, data.normal(5, 7)))
                .withMessageContaining("features of shape [5, 7]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignalPropagation.probe(network, data.normal(5, 4), data.oneHot(6, 3)))
                .withMessageContaining("same number of examples")
                .withMessageContaining("[5, 4]")
                .withMessageContaining("[6, 3]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignalPropagation.probe(network, data.normal(5, 4), data.oneHot(5, 2)))
                .withMessageContaining("labels of shape [5, 2]");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        SignalPropagation.probe(residual(), new INDArray[] {data.normal(5, 4), data.normal(5, 4)}))
                .withMessageContaining("[in]")
                .withMessageContaining("got 2");
    }

    @Test
    void featuresOfUnequalNumbersAreToBlame() {
        ComputationGraph graph = NetworkClass.GRAPH.init(Nets.settings()
                .graphBuilder()
                .addInputs("left", "right")
                .addVertex("merge", new MergeVertex(), "left", "right")
                .addLayer("out", softmax(3), "merge")
                .setOutputs("out")
                .setInputTypes(InputType.feedForward(4), InputType.feedForward(4))
                .build());
        INDArray[] features = {data.normal(5, 4), data.normal(6, 4)};
        for (ThrowingCallable probe : List.<ThrowingCallable>of(
                () -> SignalPropagation.probe(graph, features),
                () -> SignalPropagation.probe(graph, features, new INDArray[] {data.oneHot(6, 3)}))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(probe)
                    .withMessage("The features of all inputs must have the same number of examples (dimension 0), got"
                            + " features of shape [5, 4] and [6, 4]");
        }
    }

    /** Classes of the user's own need what Jackson needs, as for saving the network. */
    @Test
    void configurationsThatAreNoJsonAreRefused() {
        Layer layer = new DenseLayer.Builder().nOut(3).activation(new Scaled(2)).build();
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(4), layer, softmax(3)));
        for (ThrowingCallable probe : List.<ThrowingCallable>of(
                () -> SignalPropagation.probe(network, data.normal(5, 4)),
                () -> SignalPropagation.probe(network.toComputationGraph(), data.normal(5, 4)))) {
            assertThatIllegalStateException()
                    .isThrownBy(probe)
                    .withMessageContaining("JSON")
                    .withMessageContaining("@JsonCreator")
                    .withMessageContaining("Scaled");
        }
        Layer fit = new DenseLayer.Builder()
                .nOut(3)
                .activation(new ExactnessReportTest.Cubed())
                .build();
        assertThat(SignalPropagation.probe(
                                Nets.init(Nets.of(InputType.feedForward(4), fit, softmax(3))), data.normal(5, 4))
                        .layers())
                .hasSize(2);
    }

    private static final class Scaled extends BaseActivationFunction {
        private static final long serialVersionUID = 1L;

        private final double factor;

        Scaled(double factor) {
            this.factor = factor;
        }

        @Override
        public INDArray getActivation(INDArray in, boolean training) {
            return in.muli(factor);
        }

        @Override
        public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
            return new Pair<>(epsilon.mul(factor), null);
        }
    }

    @Test
    void refusesLabelsWithoutALoss() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignalPropagation.probe(linear(diagonal(1, 1)), data.normal(5, 2), data.normal(5, 2)))
                .withMessageContaining("DenseLayer")
                .withMessageContaining("without labels");
    }
}
