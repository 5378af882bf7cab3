/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.networks;

import static io.github.gradacc.networks.Networks.arrays;
import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.settings;
import static io.github.gradacc.testing.Nets.softmax;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.ExactnessCase;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.L2Vertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.conf.graph.rnn.DuplicateToTimeSeriesVertex;
import org.deeplearning4j.nn.conf.graph.rnn.LastTimeStepVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.objdetect.Yolo2OutputLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Networks that only a graph can hold. */
final class GraphNetworks {

    private static final int SIDE = 8;
    private static final int STEPS = 6;

    private GraphNetworks() {}

    static Stream<ExactnessCase> cases() {
        return Stream.of(
                addition(),
                sentences(),
                pairs(),
                triplets(),
                numbers(),
                game(),
                inception(),
                denseBlock(),
                tabular(),
                transfer(),
                detection(),
                translation());
    }

    /** Reads a sum character by character, and writes its result; both lengths vary. */
    private static ExactnessCase addition() {
        return graph(
                "addition: encoder, its last step at each step of the decoder, masks",
                settings(),
                g -> g.addInputs("question", "answer")
                        .setInputTypes(InputType.recurrent(5, STEPS), InputType.recurrent(5, 4))
                        .addLayer("encoder", lstm(6), "question")
                        .addVertex("thought", new LastTimeStepVertex("question"), "encoder")
                        .addVertex("repeated", new DuplicateToTimeSeriesVertex("answer"), "thought")
                        .addLayer(
                                "decoder",
                                new LSTM.Builder()
                                        .nOut(6)
                                        .activation(Activation.SOFTSIGN)
                                        .build(),
                                "answer",
                                "repeated")
                        .addLayer("out", rnnSoftmax(5), "decoder")
                        .setOutputs("out"),
                (data, n) -> {
                    INDArray answered = data.mask(n, 4);
                    return new MultiDataSet(
                            arrays(data.oneHotSequences(n, 5, STEPS), data.oneHotSequences(n, 5, 4)),
                            arrays(data.oneHotSequences(n, 5, 4)),
                            arrays(data.mask(n, STEPS), answered),
                            arrays(answered.dup()));
                });
    }

    /** Kernels over three, four and five words side by side, and the maximum of each over the sentence. */
    private static ExactnessCase sentences() {
        int words = 9;
        int vector = 6;
        return graph(
                "sentences: three kernel widths merged, the maximum over the sentence",
                settings()
                        .activation(Activation.LEAKYRELU)
                        .weightInit(WeightInit.RELU)
                        .l2(1e-4),
                g -> {
                    g.addInputs("in").setInputTypes(InputType.convolutional(words, vector, 1));
                    for (int width : new int[] {3, 4, 5}) {
                        g.addLayer(
                                "words" + width,
                                new ConvolutionLayer.Builder(width, vector)
                                        .stride(1, vector)
                                        .convolutionMode(ConvolutionMode.Same)
                                        .nOut(4)
                                        .build(),
                                "in");
                    }
                    return g.addVertex("all", new MergeVertex(), "words3", "words4", "words5")
                            .addLayer("pool", new GlobalPoolingLayer(PoolingType.MAX), "all")
                            .addLayer("out", softmax(2), "pool")
                            .setOutputs("out");
                },
                (data, n) -> new MultiDataSet(data.normal(n, 1, words, vector), data.oneHot(n, 2)));
    }

    /** The same layer for both, and whether they belong together by their distance. */
    private static ExactnessCase pairs() {
        return graph(
                "pairs: a shared layer by stacking, their distance",
                settings(),
                g -> g.addInputs("one", "other")
                        .setInputTypes(InputType.feedForward(5), InputType.feedForward(5))
                        .addVertex("both", new StackVertex(), "one", "other")
                        .addLayer("shared", dense(4), "both")
                        .addVertex("left", new UnstackVertex(0, 2), "shared")
                        .addVertex("right", new UnstackVertex(1, 2), "shared")
                        .addVertex("distance", new L2Vertex(), "left", "right")
                        .addLayer(
                                "out",
                                new OutputLayer.Builder(LossFunction.XENT)
                                        .nOut(1)
                                        .activation(Activation.SIGMOID)
                                        .build(),
                                "distance")
                        .setOutputs("out"),
                (data, n) ->
                        new MultiDataSet(arrays(data.normal(n, 5), data.normal(n, 5)), arrays(data.indices(2, n, 1))));
    }

    /** Anchor, like and unlike go through one tower; which of two is nearer is what it learns. */
    private static ExactnessCase triplets() {
        return graph(
                "triplets: a shared tower, differences and distances",
                settings(),
                g -> g.addInputs("anchor", "like", "unlike")
                        .setInputTypes(InputType.feedForward(5), InputType.feedForward(5), InputType.feedForward(5))
                        .addVertex("all", new StackVertex(), "anchor", "like", "unlike")
                        .addLayer("first", dense(6), "all")
                        .addLayer("second", dense(3), "first")
                        .addVertex("unit", new L2NormalizeVertex(), "second")
                        .addVertex("a", new UnstackVertex(0, 3), "unit")
                        .addVertex("b", new UnstackVertex(1, 3), "unit")
                        .addVertex("c", new UnstackVertex(2, 3), "unit")
                        .addVertex("near", new L2Vertex(), "a", "b")
                        .addVertex("far", new ElementWiseVertex(ElementWiseVertex.Op.Subtract), "a", "c")
                        .addVertex("merged", new MergeVertex(), "near", "far")
                        .addLayer("out", softmax(2), "merged")
                        .setOutputs("out"),
                (data, n) -> new MultiDataSet(
                        arrays(data.normal(n, 5), data.normal(n, 5), data.normal(n, 5)), arrays(data.oneHot(n, 2))));
    }

    /** Four digits of one image, each an output of its own. */
    private static ExactnessCase numbers() {
        return graph(
                "house numbers: one trunk, four outputs, renormalized gradients",
                settings()
                        .l2(1e-3)
                        .weightInit(WeightInit.XAVIER_UNIFORM)
                        .gradientNormalization(GradientNormalization.RenormalizeL2PerLayer),
                g -> {
                    image(g, 1)
                            .addLayer("conv", conv(3, 4), "in")
                            .addLayer("pool", pool(), "conv")
                            .addLayer("trunk", dense(8), "pool");
                    IntStream.range(0, 4).forEach(digit -> g.addLayer("digit" + digit, softmax(5), "trunk"));
                    return g.setOutputs("digit0", "digit1", "digit2", "digit3");
                },
                (data, n) -> new MultiDataSet(
                        arrays(data.unit(n, 1, SIDE, SIDE)),
                        arrays(data.oneHot(n, 5), data.oneHot(n, 5), data.oneHot(n, 5), data.oneHot(n, 5))));
    }

    /** Residual blocks, then where to play and who will win. */
    private static ExactnessCase game() {
        return graph(
                "a board game: residual tower, a policy and a value",
                settings().activation(Activation.IDENTITY).updater(new Sgd(0.05)),
                g -> {
                    image(g, 3).addLayer("start", conv(3, 4), "in");
                    String block = "start";
                    for (int i = 0; i < 2; i++) {
                        g.addLayer("relu" + i, new ActivationLayer(Activation.RELU), block)
                                .addLayer("first" + i, conv(3, 4), "relu" + i)
                                .addLayer("between" + i, new ActivationLayer(Activation.RELU), "first" + i)
                                .addLayer("second" + i, conv(3, 4), "between" + i)
                                .addVertex(
                                        "sum" + i,
                                        new ElementWiseVertex(ElementWiseVertex.Op.Add),
                                        "second" + i,
                                        block);
                        block = "sum" + i;
                    }
                    return g.addLayer("moves", conv(1, 2), block)
                            .addLayer("policy", softmax(SIDE * SIDE + 1), "moves")
                            .addLayer("worth", conv(1, 1), block)
                            .addLayer("hidden", dense(6), "worth")
                            .addLayer(
                                    "value",
                                    new OutputLayer.Builder(LossFunction.XENT)
                                            .nOut(1)
                                            .activation(Activation.SIGMOID)
                                            .build(),
                                    "hidden")
                            .setOutputs("policy", "value");
                },
                (data, n) -> new MultiDataSet(
                        arrays(data.indices(2, n, 3, SIDE, SIDE)),
                        arrays(data.oneHot(n, SIDE * SIDE + 1), data.indices(2, n, 1))));
    }

    /** Kernels of several sizes and a pool side by side. */
    private static ExactnessCase inception() {
        return graph(
                "inception: kernels of three sizes and a pool, merged",
                settings().activation(Activation.RELU).weightInit(WeightInit.RELU),
                g -> image(g, 2)
                        .addLayer("one", conv(1, 2), "in")
                        .addLayer("reduced3", conv(1, 2), "in")
                        .addLayer("three", conv(3, 3), "reduced3")
                        .addLayer("reduced5", conv(1, 2), "in")
                        .addLayer("five", conv(5, 3), "reduced5")
                        .addLayer(
                                "pool",
                                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                                        .kernelSize(3, 3)
                                        .stride(1, 1)
                                        .convolutionMode(ConvolutionMode.Same)
                                        .build(),
                                "in")
                        .addLayer("pooled", conv(1, 2), "pool")
                        .addVertex("block", new MergeVertex(), "one", "three", "five", "pooled")
                        .addLayer("mean", new GlobalPoolingLayer(PoolingType.AVG), "block")
                        .addLayer("out", softmax(3), "mean")
                        .setOutputs("out"),
                GraphNetworks::labeledImages);
    }

    /** Each layer sees all before it. */
    private static ExactnessCase denseBlock() {
        return graph(
                "dense block: each convolution sees all before it",
                settings().activation(Activation.ELU),
                g -> image(g, 2)
                        .addLayer("a", conv(3, 3), "in")
                        .addVertex("ab", new MergeVertex(), "in", "a")
                        .addLayer("b", conv(3, 3), "ab")
                        .addVertex("abc", new MergeVertex(), "in", "a", "b")
                        .addLayer("c", conv(3, 3), "abc")
                        .addVertex("all", new MergeVertex(), "in", "a", "b", "c")
                        .addLayer("narrow", conv(1, 3), "all")
                        .addLayer("pool", pool(), "narrow")
                        .addLayer("out", softmax(3), "pool")
                        .setOutputs("out"),
                GraphNetworks::labeledImages);
    }

    /** A category by number and measurements, to one class and one amount. */
    private static ExactnessCase tabular() {
        return graph(
                "tables: an embedded category beside numbers, a class and an amount",
                settings(),
                g -> g.addInputs("category", "numbers")
                        .setInputTypes(InputType.feedForward(7), InputType.feedForward(4))
                        .addLayer(
                                "embedding",
                                new EmbeddingLayer.Builder().nIn(7).nOut(3).build(),
                                "category")
                        .addLayer("measured", dense(4), "numbers")
                        .addVertex("row", new MergeVertex(), "embedding", "measured")
                        .addLayer("deep", dense(6), "row")
                        .addLayer("class", softmax(3), "deep")
                        .addLayer(
                                "amount",
                                new OutputLayer.Builder(LossFunction.MSE)
                                        .nOut(1)
                                        .activation(Activation.IDENTITY)
                                        .build(),
                                "deep",
                                "numbers")
                        .setOutputs("class", "amount"),
                (data, n) -> new MultiDataSet(
                        arrays(data.indices(7, n, 1), data.normal(n, 4)),
                        arrays(data.oneHot(n, 3), data.normal(n, 1))));
    }

    /** The convolutions stand still. */
    private static ExactnessCase transfer() {
        return graph(
                "transfer: frozen convolutions below, a new head",
                settings().activation(Activation.RELU),
                g -> image(g, 2)
                        .addLayer("frozen1", new FrozenLayer(conv(3, 3)), "in")
                        .addLayer("frozen2", new FrozenLayer(pool()), "frozen1")
                        .addLayer("conv", conv(3, 3), "frozen2")
                        .addLayer("out", softmax(3), "conv")
                        .setOutputs("out"),
                GraphNetworks::labeledImages);
    }

    /** Two box shapes and two classes on a grid of four cells by four. */
    private static ExactnessCase detection() {
        return graph(
                "detection: YOLO on a small grid",
                settings().activation(Activation.LEAKYRELU).l2(1e-5),
                g -> image(g, 3)
                        .addLayer("conv", conv(3, 5), "in")
                        .addLayer("pool", pool(), "conv")
                        .addLayer(
                                "boxes",
                                new ConvolutionLayer.Builder(1, 1)
                                        .nOut(2 * (5 + 2))
                                        .activation(Activation.IDENTITY)
                                        .build(),
                                "pool")
                        .addLayer(
                                "out",
                                new Yolo2OutputLayer.Builder()
                                        .boundingBoxPriors(Nd4j.createFromArray(new double[][] {{1, 1}, {2, 1}}))
                                        .build(),
                                "boxes")
                        .setOutputs("out"),
                (data, n) -> new MultiDataSet(data.unit(n, 3, SIDE, SIDE), data.boxes(n, 2, SIDE / 2)));
    }

    /** The decoder looks back at all of the encoder. */
    private static ExactnessCase translation() {
        return graph(
                "translation: attention from the decoder to the encoder",
                settings(),
                g -> g.addInputs("source", "target")
                        .setInputTypes(InputType.recurrent(4, STEPS), InputType.recurrent(4, STEPS))
                        .addLayer("encoder", lstm(4), "source")
                        .addLayer("decoder", lstm(4), "target")
                        .addVertex(
                                "attention",
                                new AttentionVertex.Builder()
                                        .nInQueries(4)
                                        .nInKeys(4)
                                        .nInValues(4)
                                        .nOut(4)
                                        .nHeads(2)
                                        .projectInput(true)
                                        .build(),
                                "decoder",
                                "encoder",
                                "encoder")
                        .addVertex("merged", new MergeVertex(), "decoder", "attention")
                        .addLayer("out", rnnSoftmax(4), "merged")
                        .setOutputs("out"),
                (data, n) -> new MultiDataSet(
                        arrays(data.oneHotSequences(n, 4, STEPS), data.oneHotSequences(n, 4, STEPS)),
                        arrays(data.oneHotSequences(n, 4, STEPS))));
    }

    private static MultiDataSet labeledImages(Data data, int n) {
        return new MultiDataSet(data.normal(n, 2, SIDE, SIDE), data.oneHot(n, 3));
    }

    private static GraphBuilder image(GraphBuilder graph, int channels) {
        return graph.addInputs("in").setInputTypes(InputType.convolutional(SIDE, SIDE, channels));
    }

    private static ExactnessCase graph(
            String name,
            NeuralNetConfiguration.Builder settings,
            UnaryOperator<GraphBuilder> layers,
            BiFunction<Data, Integer, MultiDataSet> batch) {
        return Networks.graph(
                name, () -> layers.apply(settings.clone().graphBuilder()).build(), batch);
    }

    private static ConvolutionLayer conv(int kernel, int channels) {
        return new ConvolutionLayer.Builder(kernel, kernel)
                .convolutionMode(ConvolutionMode.Same)
                .nOut(channels)
                .build();
    }

    private static SubsamplingLayer pool() {
        return new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                .kernelSize(2, 2)
                .stride(2, 2)
                .build();
    }
}
