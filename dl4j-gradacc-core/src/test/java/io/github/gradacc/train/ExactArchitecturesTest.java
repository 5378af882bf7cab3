/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Quiet;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.L2Vertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.ReshapeVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.conf.graph.rnn.LastTimeStepVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** Graphs as people build them, small: accumulation equals native training on the big batch. */
@ExtendWith(Quiet.class)
class ExactArchitecturesTest {

    private static final int STEPS = 5;
    private static final int SIDE = 4;

    static Stream<ExactnessCase> towers() {
        return Stream.of(
                graph(
                        "two towers: a masked sequence, a class at its end, and static values",
                        types(InputType.recurrent(3), InputType.feedForward(2)),
                        g -> g.addLayer("encoder", lstm(4), "in0")
                                .addVertex("last", new LastTimeStepVertex("in0"), "encoder")
                                .addLayer("static", dense(3), "in1")
                                .addVertex("both", new MergeVertex(), "last", "static")
                                .addLayer("out0", softmax(3), "both"),
                        (data, n) -> new MultiDataSet(
                                arrays(data.normal(n, 3, STEPS), data.normal(n, 2)),
                                arrays(data.oneHot(n, 3)),
                                arrays(data.mask(n, STEPS), null),
                                null)),
                graph(
                        "two towers over the same time, one of them masked, a class at each step",
                        types(InputType.recurrent(3), InputType.recurrent(2)),
                        g -> g.addLayer("left", lstm(4), "in0")
                                .addLayer("right", lstm(3), "in1")
                                .addVertex("both", new MergeVertex(), "left", "right")
                                .addLayer("out0", rnnSoftmax(3), "both"),
                        (data, n) -> {
                            INDArray mask = data.mask(n, STEPS);
                            return new MultiDataSet(
                                    arrays(data.normal(n, 3, STEPS), data.normal(n, 2, STEPS)),
                                    arrays(data.oneHotSequences(n, 3, STEPS)),
                                    arrays(mask, mask),
                                    arrays(mask));
                        }),
                graph(
                        "one LSTM for two sequences, stacked, their distance",
                        types(InputType.recurrent(3), InputType.recurrent(3)),
                        g -> g.addVertex("stack", new StackVertex(), "in0", "in1")
                                .addLayer("shared", lstm(4), "stack")
                                .addLayer("pooled", new GlobalPoolingLayer(), "shared")
                                .addVertex("left", new UnstackVertex(0, 2), "pooled")
                                .addVertex("right", new UnstackVertex(1, 2), "pooled")
                                .addVertex("distance", new L2Vertex(), "left", "right")
                                .addLayer(
                                        "out0",
                                        new OutputLayer.Builder(LossFunction.XENT)
                                                .nOut(1)
                                                .activation(Activation.SIGMOID)
                                                .build(),
                                        "distance"),
                        (data, n) -> new MultiDataSet(
                                arrays(data.normal(n, 3, STEPS), data.normal(n, 3, STEPS)),
                                arrays(data.indices(2, n, 1)))));
    }

    static Stream<ExactnessCase> convolutions() {
        return Stream.of(
                images(
                        "U-Net-like, a class for each pixel",
                        g -> g.addLayer("down", conv(3), "in0")
                                .addLayer("pooled", pool(), "down")
                                .addLayer("deep", conv(4), "pooled")
                                .addLayer("up", new Upsampling2D.Builder(2).build(), "deep")
                                .addVertex("skip", new MergeVertex(), "up", "down")
                                .addLayer("head", pixels(), "skip")
                                .addLayer("out0", pixelLoss(), "head"),
                        (data, n) -> data.unit(n, 2, SIDE, SIDE)),
                images(
                        "two residual blocks",
                        g -> g.addLayer("a", conv(2), "in0")
                                .addLayer("b", conv(2), "a")
                                .addVertex("first", new ElementWiseVertex(ElementWiseVertex.Op.Add), "b", "in0")
                                .addLayer("act", new ActivationLayer(Activation.RELU), "first")
                                .addLayer("c", conv(2), "act")
                                .addVertex("second", new ElementWiseVertex(ElementWiseVertex.Op.Add), "c", "act")
                                .addLayer("pool", new GlobalPoolingLayer(), "second")
                                .addLayer("out0", softmax(3), "pool"),
                        (data, n) -> data.oneHot(n, 3)));
    }

    static Stream<ExactnessCase> outputs() {
        return Stream.of(
                flat(
                        "weights for classes, others at each output",
                        2,
                        g -> g.addLayer("dense", dense(5), "in0")
                                .addLayer(
                                        "out0", output(new LossMCXENT(weights(1, 5, 0.2)), Activation.SOFTMAX), "dense")
                                .addLayer(
                                        "out1",
                                        output(new LossBinaryXENT(weights(3, 0.5, 1)), Activation.SIGMOID),
                                        "dense"),
                        (data, n) -> new MultiDataSet(
                                arrays(data.normal(n, 4)), arrays(data.oneHot(n, 3), data.indices(2, n, 3)))),
                flat(
                        "loss layers without parameters",
                        2,
                        g -> g.addLayer("a", dense(3), "in0")
                                .addLayer(
                                        "out0",
                                        new LossLayer.Builder(LossFunction.MCXENT)
                                                .activation(Activation.SOFTMAX)
                                                .build(),
                                        "a")
                                .addLayer("b", dense(3), "a")
                                .addLayer("out1", new LossLayer.Builder(LossFunction.L1).build(), "b"),
                        (data, n) -> new MultiDataSet(
                                arrays(data.normal(n, 4)), arrays(data.oneHot(n, 3), data.normal(n, 3)))),
                graph(
                        "a loss layer over time, with masks",
                        types(InputType.recurrent(2)),
                        g -> g.addLayer("lstm", lstm(3), "in0")
                                .addLayer(
                                        "out0",
                                        new RnnLossLayer.Builder(LossFunction.MCXENT)
                                                .activation(Activation.SOFTMAX)
                                                .build(),
                                        "lstm"),
                        (data, n) -> {
                            INDArray mask = data.mask(n, STEPS);
                            return new MultiDataSet(
                                    arrays(data.normal(n, 2, STEPS)),
                                    arrays(data.oneHotSequences(n, 3, STEPS)),
                                    arrays(mask),
                                    arrays(mask));
                        }),
                flat(
                        "labels of one output masked, the other's not",
                        2,
                        g -> g.addLayer("dense", dense(5), "in0")
                                .addLayer("out0", output(LossFunction.MSE), "dense")
                                .addLayer("out1", output(LossFunction.MSE), "dense"),
                        (data, n) -> new MultiDataSet(
                                arrays(data.normal(n, 4)),
                                arrays(data.normal(n, 3), data.normal(n, 3)),
                                null,
                                arrays(data.indices(2, n, 3), null))));
    }

    static Stream<ExactnessCase> inside() {
        BiFunction<Data, Integer, MultiDataSet> plain =
                (data, n) -> new MultiDataSet(arrays(data.normal(n, 4)), arrays(data.oneHot(n, 3)));
        return Stream.of(
                flat(
                        "frozen vertex",
                        1,
                        g -> g.addVertex("frozen", new FrozenVertex(new ScaleVertex(0.5)), "in0")
                                .addLayer("dense", dense(5), "frozen")
                                .addLayer("out0", softmax(3), "dense"),
                        plain),
                flat(
                        "reshape",
                        1,
                        g -> g.addLayer("dense", dense(6), "in0")
                                .addVertex("flat", new ReshapeVertex(-1, 6), "dense")
                                .addLayer("out0", softmax(3), "flat"),
                        plain));
    }

    @ParameterizedTest
    @MethodSource({"towers", "convolutions", "outputs", "inside"})
    void equalsNativeTraining(ExactnessCase testCase) {
        testCase.verify();
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource({"towers", "convolutions", "outputs", "inside"})
    void equalsNativeTrainingExampleByExample(ExactnessCase testCase) {
        testCase.windows(2, 1).verify();
    }

    /** A layer that nobody reads and that has no labels: DL4J builds such a graph, and does not train it. */
    @Test
    void aBranchThatReachesNoOutputFailsAsInNativeTraining() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .graphBuilder()
                .allowDisconnected(true)
                .addInputs("in")
                .setInputTypes(InputType.feedForward(4))
                .addLayer("dense", dense(5), "in")
                .addLayer("auxiliary", dense(2), "dense")
                .addLayer("out", softmax(3), "dense")
                .setOutputs("out")
                .build());
        graph.init();
        Snapshot before = Snapshot.of(graph);
        DataSet batch = new Data(1, DataType.DOUBLE).dataSet(4, 3, 4);
        String complaint = "Cannot do backward pass: all epsilons not set. Layer \"auxiliary\"";
        assertThatThrownBy(() -> graph.clone().fit(batch)).hasMessageContaining(complaint);
        try (var trainer = GradientAccumulationTrainer.builder(graph).build()) {
            assertThatThrownBy(() -> trainer.fit(batch))
                    .isInstanceOf(MicroBatchException.class)
                    .hasMessageContaining(complaint);
        }
        before.assertUnchanged(graph);
    }

    /**
     * A residual block with two normalizing layers. In the first step every layer's statistics start from 0 and 1, so
     * that native steps on the micro-batches tell the mean and variance that each of them saw; the window's are those
     * of all values together.
     */
    @Test
    void residualBlockPoolsTheStatisticsThatItsMicroBatchesSaw() {
        double decay = 0.75;
        ComputationGraph ours = new ComputationGraph(residualBlock(decay));
        ours.init();
        Data data = new Data(8, DataType.DOUBLE);
        List<DataSet> microBatches = new ArrayList<>();
        for (int n : new int[] {3, 5, 2}) {
            microBatches.add(new DataSet(data.normal(n, 2, SIDE, SIDE), data.oneHot(n, 3)));
        }
        List<ComputationGraph> natively = new ArrayList<>();
        for (DataSet microBatch : microBatches) {
            ComputationGraph network = ours.clone();
            network.fit(microBatch);
            natively.add(network);
        }
        try (var trainer =
                GradientAccumulationTrainer.builder(ours).accumulationSteps(3).build()) {
            microBatches.forEach(trainer::accumulate);
        }
        assertThat(ours.getIterationCount()).isEqualTo(1);
        for (String layer : List.of("norm1", "norm2")) {
            INDArray mean = Nd4j.zeros(DataType.DOUBLE, 1, 2);
            INDArray meanSquare = Nd4j.zeros(DataType.DOUBLE, 1, 2);
            for (int m = 0; m < natively.size(); m++) {
                INDArray seenMean = natively.get(m).getParam(layer + "_mean").div(1 - decay);
                INDArray seenVariance =
                        natively.get(m).getParam(layer + "_var").sub(decay).div(1 - decay);
                double weight = microBatches.get(m).numExamples() / 10.0;
                mean.addi(seenMean.mul(weight));
                meanSquare.addi(seenVariance.add(seenMean.mul(seenMean)).mul(weight));
            }
            INDArray variance = meanSquare.sub(mean.mul(mean));
            // Division by 1 - decay = 1/4 is exact; squares and sums of about 160 values cost a few units.
            assertClose(layer + " mean", ours.getParam(layer + "_mean"), mean.mul(1 - decay), Tolerance.DOUBLE);
            assertClose(
                    layer + " variance",
                    ours.getParam(layer + "_var"),
                    variance.mul(1 - decay).add(decay),
                    Tolerance.DOUBLE);
        }
    }

    private static ComputationGraphConfiguration residualBlock(double decay) {
        BatchNormalization.Builder norm =
                new BatchNormalization.Builder().decay(decay).useLogStd(false);
        return Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.convolutional(SIDE, SIDE, 2))
                .addLayer("conv1", conv(2), "in")
                .addLayer("norm1", norm.build(), "conv1")
                .addLayer("relu1", new ActivationLayer(Activation.RELU), "norm1")
                .addLayer("conv2", conv(2), "relu1")
                .addLayer("norm2", norm.build(), "conv2")
                .addVertex("residual", new ElementWiseVertex(ElementWiseVertex.Op.Add), "norm2", "in")
                .addLayer("relu2", new ActivationLayer(Activation.RELU), "residual")
                .addLayer("pool", new GlobalPoolingLayer(), "relu2")
                .addLayer("out", softmax(3), "pool")
                .setOutputs("out")
                .build();
    }

    private static ExactnessCase flat(
            String name, int outputs, UnaryOperator<GraphBuilder> layers, BiFunction<Data, Integer, MultiDataSet> of) {
        return graph(name, types(InputType.feedForward(4)), outputs, layers, of);
    }

    private static ExactnessCase images(
            String name, UnaryOperator<GraphBuilder> layers, BiFunction<Data, Integer, INDArray> labels) {
        return graph(
                name,
                types(InputType.convolutional(SIDE, SIDE, 2)),
                layers,
                (data, n) -> new MultiDataSet(data.normal(n, 2, SIDE, SIDE), labels.apply(data, n)));
    }

    private static ExactnessCase graph(
            String name,
            InputType[] inputs,
            UnaryOperator<GraphBuilder> layers,
            BiFunction<Data, Integer, MultiDataSet> ofSize) {
        return graph(name, inputs, 1, layers, ofSize);
    }

    private static ExactnessCase graph(
            String name,
            InputType[] inputs,
            int outputs,
            UnaryOperator<GraphBuilder> layers,
            BiFunction<Data, Integer, MultiDataSet> ofSize) {
        Supplier<ComputationGraphConfiguration> configuration = () -> {
            GraphBuilder builder = Nets.settings().graphBuilder().addInputs(names("in", inputs.length));
            return layers.apply(builder)
                    .setOutputs(names("out", outputs))
                    .setInputTypes(inputs)
                    .build();
        };
        return ExactnessCase.ofGraph(name, configuration, () -> {
            Data data = new Data(31, DataType.DOUBLE);
            List<MultiDataSet> batches = new ArrayList<>();
            for (int n : new int[] {4, 3, 5, 2, 1, 4}) {
                batches.add(ofSize.apply(data, n));
            }
            return batches;
        });
    }

    private static String[] names(String prefix, int count) {
        String[] names = new String[count];
        for (int i = 0; i < count; i++) {
            names[i] = prefix + i;
        }
        return names;
    }

    private static InputType[] types(InputType... types) {
        return types;
    }

    private static INDArray[] arrays(INDArray... arrays) {
        return arrays;
    }

    private static INDArray weights(double... weights) {
        return Nd4j.createFromArray(new double[][] {weights});
    }

    private static ConvolutionLayer conv(int channels) {
        return new ConvolutionLayer.Builder(3, 3)
                .convolutionMode(ConvolutionMode.Same)
                .nOut(channels)
                .build();
    }

    private static ConvolutionLayer pixels() {
        return new ConvolutionLayer.Builder(1, 1).nOut(2).build();
    }

    private static CnnLossLayer pixelLoss() {
        return new CnnLossLayer.Builder(LossFunction.XENT)
                .activation(Activation.SIGMOID)
                .build();
    }

    private static SubsamplingLayer pool() {
        return new SubsamplingLayer.Builder().kernelSize(2, 2).stride(2, 2).build();
    }

    private static OutputLayer output(LossFunction loss) {
        return new OutputLayer.Builder(loss).nOut(3).activation(Activation.TANH).build();
    }

    private static OutputLayer output(ILossFunction loss, Activation activation) {
        return new OutputLayer.Builder(loss).nOut(3).activation(activation).build();
    }
}
