/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.L2Vertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.conf.graph.rnn.DuplicateToTimeSeriesVertex;
import org.deeplearning4j.nn.conf.graph.rnn.LastTimeStepVertex;
import org.deeplearning4j.nn.conf.graph.rnn.ReverseTimeSeriesVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToRnnPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** Accumulation in a graph equals native training on the big batch. */
class ExactGraphsTest {

    private static final int STEPS = 5;

    static Stream<ExactnessCase> graphs() {
        return Stream.of(
                flat(
                        "one input, one output",
                        1,
                        1,
                        g -> g.addLayer("dense", dense(5), "in0").addLayer("out0", softmax(3), "dense")),
                flat(
                        "merge",
                        2,
                        1,
                        g -> g.addLayer("a", dense(3), "in0")
                                .addLayer("b", dense(4), "in1")
                                .addVertex("merge", new MergeVertex(), "a", "b")
                                .addLayer("out0", softmax(3), "merge")),
                flat(
                        "two outputs with different losses",
                        1,
                        2,
                        g -> g.addLayer("dense", dense(5), "in0")
                                .addLayer("out0", softmax(3), "dense")
                                .addLayer("out1", mse(), "dense")),
                flat(
                        "an output in the middle",
                        1,
                        2,
                        g -> g.addLayer("a", dense(5), "in0")
                                .addLayer("out0", softmax(3), "a")
                                .addLayer("b", dense(5), "a")
                                .addLayer("out1", mse(), "b")),
                flat(
                        "element-wise",
                        2,
                        1,
                        g -> g.addLayer("a", dense(4), "in0")
                                .addLayer("b", dense(4), "in1")
                                .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "a", "b")
                                .addVertex("product", new ElementWiseVertex(ElementWiseVertex.Op.Product), "sum", "b")
                                .addVertex("mean", new ElementWiseVertex(ElementWiseVertex.Op.Average), "product", "a")
                                .addLayer("out0", softmax(3), "mean")),
                flat(
                        "subset, scale, shift, L2 normalization",
                        1,
                        1,
                        g -> g.addLayer("dense", dense(6), "in0")
                                .addVertex("first", new SubsetVertex(0, 2), "dense")
                                .addVertex("rest", new SubsetVertex(3, 5), "dense")
                                .addVertex("scaled", new ScaleVertex(0.5), "first")
                                .addVertex("shifted", new ShiftVertex(0.1), "rest")
                                .addVertex("normalized", new L2NormalizeVertex(), "shifted")
                                .addVertex("merge", new MergeVertex(), "scaled", "normalized")
                                .addLayer("out0", softmax(3), "merge")),
                flat(
                        "stack, unstack, L2 distance: two towers that share a layer",
                        2,
                        1,
                        g -> g.addVertex("stack", new StackVertex(), "in0", "in1")
                                .addLayer("shared", dense(5), "stack")
                                .addVertex("left", new UnstackVertex(0, 2), "shared")
                                .addVertex("right", new UnstackVertex(1, 2), "shared")
                                .addVertex("distance", new L2Vertex(), "left", "right")
                                .addLayer("head", dense(4), "distance")
                                .addLayer("out0", softmax(3), "head")),
                flat(
                        "frozen layer",
                        1,
                        1,
                        g -> g.addLayer("frozen", new FrozenLayer(dense(5)), "in0")
                                .addLayer("dense", dense(5), "frozen")
                                .addLayer("out0", softmax(3), "dense")),
                flat(
                        "center loss",
                        1,
                        1,
                        g -> g.addLayer("dense", dense(5), "in0")
                                .addLayer(
                                        "out0",
                                        new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                                                .nOut(3)
                                                .activation(Activation.SOFTMAX)
                                                .build(),
                                        "dense")),
                ExactnessCase.ofGraph(
                        "sum of losses of both kinds instead of their mean",
                        () -> configuration(
                                Nets.settings().miniBatch(false).l2(0.1),
                                1,
                                2,
                                g -> g.addLayer("dense", dense(3), "in0")
                                        .addLayer("out0", mse(), "dense")
                                        .addLayer("loss", dense(3), "dense")
                                        .addLayer("out1", new LossLayer.Builder(LossFunction.MSE).build(), "loss")),
                        () -> flatBatches(1, 2)),
                ExactnessCase.ofGraph(
                        "sums of two outputs, with penalties, which count once",
                        () -> configuration(
                                Nets.settings().miniBatch(false).l2(0.1),
                                1,
                                2,
                                g -> g.addLayer("dense", dense(3), "in0")
                                        .addLayer("out0", softmax(3), "dense")
                                        .addLayer("out1", mse(), "dense")),
                        () -> flatBatches(1, 2)),
                sequences(
                        "sequences with masks",
                        false,
                        g -> g.addLayer("lstm", lstm(3), "in0")
                                .addVertex("reversed", new ReverseTimeSeriesVertex("in0"), "lstm")
                                .addLayer("again", lstm(3), "reversed")
                                .addLayer("out0", rnnSoftmax(3), "again")),
                sequences(
                        "last time step",
                        true,
                        g -> g.addLayer("lstm", lstm(3), "in0")
                                .addVertex("last", new LastTimeStepVertex("in0"), "lstm")
                                .addLayer("out0", softmax(3), "last")),
                sequences(
                        "duplicate to time series",
                        false,
                        g -> g.addLayer("lstm", lstm(3), "in0")
                                .addVertex("last", new LastTimeStepVertex("in0"), "lstm")
                                .addVertex("repeated", new DuplicateToTimeSeriesVertex("in0"), "last")
                                .addVertex("both", new MergeVertex(), "lstm", "repeated")
                                .addLayer("out0", rnnSoftmax(3), "both")),
                ExactnessCase.ofGraph("preprocessor vertex", ExactGraphsTest::preprocessed, () -> {
                    Data data = new Data(2, DataType.DOUBLE);
                    return batches(n -> new MultiDataSet(data.normal(n, 2, STEPS), data.oneHotSequences(n, 3, STEPS)));
                }),
                ExactnessCase.ofGraph("U-Net-like skip", ExactGraphsTest::uNet, () -> {
                    Data data = new Data(2, DataType.DOUBLE);
                    return batches(n -> new MultiDataSet(data.normal(n, 2, 4, 4), data.oneHot(n, 3)));
                }));
    }

    @ParameterizedTest
    @MethodSource("graphs")
    void equalsNativeTraining(ExactnessCase testCase) {
        testCase.verify();
    }

    /** The statistics of the first normalizing layer of a residual block; the rest of it cannot be equal. */
    @Test
    void residualBlockWithBatchNormPoolsTheStatisticsOfItsInput() {
        ComputationGraphConfiguration configuration = Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addLayer("norm", new BatchNormalization.Builder().decay(0.7).build(), "in")
                .addLayer(
                        "conv",
                        new ConvolutionLayer.Builder(3, 3).padding(1, 1).nOut(2).build(),
                        "norm")
                .addVertex("residual", new ElementWiseVertex(ElementWiseVertex.Op.Add), "conv", "in")
                .addLayer("pool", new GlobalPoolingLayer(), "residual")
                .addLayer("out", softmax(3), "pool")
                .setOutputs("out")
                .setInputTypes(InputType.convolutional(4, 4, 2))
                .build();
        ComputationGraph ours = new ComputationGraph(configuration);
        ours.init();
        ComputationGraph reference = ours.clone();
        Data data = new Data(4, DataType.DOUBLE);
        List<MultiDataSet> windows = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            windows.add(new MultiDataSet(data.normal(7, 2, 4, 4).addi(3), data.oneHot(7, 3)));
        }
        windows.forEach(reference::fit);
        try (var trainer =
                GradientAccumulationTrainer.builder(ours).microBatchSize(3).build()) {
            windows.forEach(trainer::fit);
        }
        for (String parameter : List.of("norm_mean", "norm_log10stdev")) {
            assertClose(parameter, ours.getParam(parameter), reference.getParam(parameter), DOUBLE);
        }
    }

    @Test
    void aGraphWithOneInputAndOutputTakesDataSetsAsDl4jDoes() {
        ComputationGraph ours = NetworkClass.GRAPH.init(Nets.mlp());
        ComputationGraph reference = ours.clone();
        reference.fit(ExactnessCase.iterate(Data.windows(Batches.mlp(), 3)), 2);
        DataSet extra = new Data(1, DataType.DOUBLE).dataSet(5, 3, 4);
        reference.fit(extra);
        try (var trainer = GradientAccumulationTrainer.builder(ours)
                .accumulationSteps(3)
                .microBatchSize(2)
                .build()) {
            trainer.fit(ExactnessCase.iterate(Batches.mlp()), 2);
            trainer.fit(extra);
        }
        ExactnessCase.assertSame(ours, reference, DOUBLE);
    }

    @Test
    void theWrongNumberOfArraysIsRefused() {
        ComputationGraph graph = new ComputationGraph(configuration(
                Nets.settings(),
                2,
                1,
                g -> g.addVertex("merge", new MergeVertex(), "in0", "in1").addLayer("out0", softmax(3), "merge")));
        graph.init();
        INDArray before = graph.params().dup();
        Data data = new Data(1, DataType.DOUBLE);
        INDArray features = data.normal(2, 4);
        INDArray labels = data.oneHot(2, 3);
        try (var trainer = GradientAccumulationTrainer.builder(graph).build()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fit(features, labels))
                    .withMessageContainingAll("2 inputs [in0, in1]", "1 feature array");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fit(
                            new MultiDataSet(new INDArray[] {features, features}, new INDArray[] {labels, labels})))
                    .withMessageContainingAll("1 output [out0]", "2 label arrays");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fit(
                            new MultiDataSet(new INDArray[] {features, data.normal(3, 4)}, new INDArray[] {labels})))
                    .withMessageContainingAll("features[1] has 3");
        }
        assertThat(graph.params()).isEqualTo(before);
        assertThat(graph.getIterationCount()).isZero();
    }

    private static ExactnessCase flat(String name, int inputs, int outputs, UnaryOperator<GraphBuilder> layers) {
        return ExactnessCase.ofGraph(
                name,
                () -> configuration(Nets.settings(), inputs, outputs, layers),
                () -> flatBatches(inputs, outputs));
    }

    private static ComputationGraphConfiguration configuration(
            NeuralNetConfiguration.Builder settings, int inputs, int outputs, UnaryOperator<GraphBuilder> layers) {
        GraphBuilder builder = settings.graphBuilder();
        InputType[] types = new InputType[inputs];
        for (int i = 0; i < inputs; i++) {
            builder.addInputs("in" + i);
            types[i] = InputType.feedForward(4);
        }
        String[] names = new String[outputs];
        for (int i = 0; i < outputs; i++) {
            names[i] = "out" + i;
        }
        return layers.apply(builder).setOutputs(names).setInputTypes(types).build();
    }

    private static List<MultiDataSet> flatBatches(int inputs, int outputs) {
        Data data = new Data(9, DataType.DOUBLE);
        return batches(n ->
                new MultiDataSet(arrays(inputs, i -> data.normal(n, 4)), arrays(outputs, i -> data.oneHot(n, 3))));
    }

    /** Features with a mask; labels are masked as well unless there is one label for each sequence. */
    private static ExactnessCase sequences(String name, boolean oneLabel, UnaryOperator<GraphBuilder> layers) {
        return ExactnessCase.ofGraph(
                name,
                () -> layers.apply(Nets.settings().graphBuilder().addInputs("in0"))
                        .setOutputs("out0")
                        .setInputTypes(InputType.recurrent(2, STEPS))
                        .build(),
                () -> {
                    Data data = new Data(9, DataType.DOUBLE);
                    return batches(n -> {
                        INDArray mask = data.mask(n, STEPS);
                        mask.putScalar(0, STEPS - 1, 1);
                        return new MultiDataSet(
                                new INDArray[] {data.normal(n, 2, STEPS)},
                                new INDArray[] {oneLabel ? data.oneHot(n, 3) : data.oneHotSequences(n, 3, STEPS)},
                                new INDArray[] {mask},
                                oneLabel ? null : new INDArray[] {mask});
                    });
                });
    }

    private static ComputationGraphConfiguration preprocessed() {
        return Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addLayer("dense", dense(4), "in")
                .addVertex("unfold", new PreprocessorVertex(new FeedForwardToRnnPreProcessor()), "dense")
                .addLayer("lstm", lstm(3), "unfold")
                .addLayer("out", rnnSoftmax(3), "lstm")
                .setOutputs("out")
                .setInputTypes(InputType.recurrent(2, STEPS))
                .build();
    }

    private static ComputationGraphConfiguration uNet() {
        return Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addLayer(
                        "down",
                        new ConvolutionLayer.Builder(3, 3).padding(1, 1).nOut(3).build(),
                        "in")
                .addLayer(
                        "pooled",
                        new SubsamplingLayer.Builder()
                                .kernelSize(2, 2)
                                .stride(2, 2)
                                .build(),
                        "down")
                .addLayer("deep", new ConvolutionLayer.Builder(1, 1).nOut(3).build(), "pooled")
                .addLayer("up", new Upsampling2D.Builder(2).build(), "deep")
                .addVertex("skip", new MergeVertex(), "up", "down")
                .addLayer("head", new ConvolutionLayer.Builder(1, 1).nOut(2).build(), "skip")
                .addLayer("out", softmax(3), "head")
                .setOutputs("out")
                .setInputTypes(InputType.convolutional(4, 4, 2))
                .build();
    }

    private static List<MultiDataSet> batches(IntFunction<MultiDataSet> ofSize) {
        List<MultiDataSet> batches = new ArrayList<>();
        for (int size : new int[] {4, 3, 5, 4, 1, 4, 5, 3}) {
            batches.add(ofSize.apply(size));
        }
        return batches;
    }

    private static INDArray[] arrays(int count, IntFunction<INDArray> array) {
        INDArray[] arrays = new INDArray[count];
        for (int i = 0; i < count; i++) {
            arrays[i] = array.apply(i);
        }
        return arrays;
    }

    private static OutputLayer mse() {
        return new OutputLayer.Builder(new LossMSE(Nd4j.createFromArray(new double[][] {{1, 2, 3}})))
                .nOut(3)
                .activation(Activation.TANH)
                .build();
    }
}
