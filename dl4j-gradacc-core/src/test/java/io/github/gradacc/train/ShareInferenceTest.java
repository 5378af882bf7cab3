/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.array.RawArray;
import io.github.gradacc.grad.StatisticsPolicy;
import io.github.gradacc.pass.TrainedNetwork;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonMultiDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Evaluation and score in micro-batches, against DL4J's own of all examples at once. */
class ShareInferenceTest {

    private static final int[] SIZES = {5, 1, 4};

    private record Case(
            String name, Supplier<MultiLayerConfiguration> configuration, Function<Data, List<DataSet>> data) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case("L2", () -> Nets.mlp(settings -> settings.l2(0.1)), ShareInferenceTest::flat),
                new Case(
                        "L2, and the sum of losses",
                        () -> Nets.mlp(settings -> settings.l2(0.1).miniBatch(false)),
                        ShareInferenceTest::flat),
                new Case(
                        "center loss, which reports a mean",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                Nets.dense(5),
                                new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                                        .nOut(3)
                                        .activation(Activation.SOFTMAX)
                                        .build()),
                        ShareInferenceTest::flat),
                new Case(
                        "dropout and batch norm, of which inference knows nothing",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                new DenseLayer.Builder()
                                        .nOut(7)
                                        .dropOut(new Dropout(0.6))
                                        .build(),
                                new BatchNormalization(),
                                Nets.softmax(3)),
                        ShareInferenceTest::flat),
                new Case("masks", ShareInferenceTest::recurrent, data -> sequences(data, 4)),
                new Case("masks of one element", ShareInferenceTest::recurrent, data -> sequences(data, 1)),
                new Case(
                        "image masks, which DL4J misreads of one example",
                        ShareInferenceTest::wholeSentences,
                        ShareInferenceTest::sentences));
    }

    /** One row is left of a sentence of five words. */
    private static MultiLayerConfiguration wholeSentences() {
        return Nets.of(
                InputType.convolutional(5, 10, 1),
                new ConvolutionLayer.Builder(5, 10).nOut(4).build(),
                new GlobalPoolingLayer(PoolingType.MAX),
                Nets.softmax(3));
    }

    private static List<DataSet> sentences(Data data) {
        List<DataSet> batches = new ArrayList<>();
        for (int size : SIZES) {
            INDArray mask = Nd4j.zeros(DataType.DOUBLE, size, 1, 5, 1);
            for (int example = 0; example < size; example++) {
                for (int word = 0; word <= example; word++) {
                    mask.putScalar(new int[] {example, 0, word, 0}, 1);
                }
            }
            batches.add(new DataSet(data.normal(size, 1, 5, 10), data.oneHot(size, 3), mask, null));
        }
        return batches;
    }

    private static MultiLayerConfiguration recurrent() {
        return Nets.of(InputType.recurrent(2), Nets.lstm(3), Nets.rnnSoftmax(3));
    }

    private static List<DataSet> flat(Data data) {
        List<DataSet> batches = new ArrayList<>();
        for (int size : SIZES) {
            batches.add(data.dataSet(size, 3, 4));
        }
        return batches;
    }

    /** In each batch of several the last example has no label that counts. */
    private static List<DataSet> sequences(Data data, int steps) {
        List<DataSet> batches = new ArrayList<>();
        for (int size : SIZES) {
            INDArray mask = Nd4j.ones(DataType.DOUBLE, size, steps);
            for (int t = size > 1 ? 0 : 1; t < steps; t++) {
                mask.putScalar(size - 1, t, 0);
            }
            batches.add(
                    new DataSet(data.normal(size, 2, steps), data.oneHotSequences(size, 3, steps), mask.dup(), mask));
        }
        return batches;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isThatOfTheUnion(Case each) {
        List<DataSet> batches = each.data().apply(new Data(3, DataType.DOUBLE));
        DataSet union = DataSet.merge(batches);
        MultiLayerNetwork layers = NetworkClass.LAYERS.init(each.configuration().get());
        layers.fit(union);
        ComputationGraph graph = NetworkClass.GRAPH.init(each.configuration().get());
        graph.fit(union);
        for (int microBatch : new int[] {1, 2, 100}) {
            assertMeasured(
                    TrainedNetwork.of(layers, StatisticsPolicy.POOLED, 1),
                    microBatch,
                    batches,
                    layers.score(union),
                    evaluated(layers, union));
            assertMeasured(
                    TrainedNetwork.of(graph, StatisticsPolicy.POOLED, 1),
                    microBatch,
                    batches,
                    graph.score(union),
                    evaluated(graph, union));
        }
    }

    private static Evaluation evaluated(NeuralNetwork network, DataSet union) {
        Evaluation evaluation = new Evaluation();
        network.doEvaluation(new SingletonMultiDataSetIterator(union.toMultiDataSet()), evaluation);
        return evaluation;
    }

    private static void assertMeasured(
            TrainedNetwork network, int microBatch, List<DataSet> batches, double score, Evaluation evaluation) {
        Snapshot before = Snapshot.of(network.model());
        double lastScore = network.model().score();
        try (ShareWorker worker = worker(network, microBatch)) {
            List<ShareScore> scores = new ArrayList<>();
            Evaluation measured = new Evaluation();
            for (int i = 0; i < batches.size(); i++) {
                ShareInference inference = worker.inference();
                assertThat(inference.score(0, i, batches.get(i).toMultiDataSet(), scores::add))
                        .isEmpty();
                assertThat(inference.evaluate(0, i, batches.get(i).toMultiDataSet(), List.of(measured)))
                        .isEmpty();
            }
            double loss =
                    scores.stream().reduce(ShareScore.NONE, ShareScore::plus).loss();
            assertClose("score", loss + network.regularization(), score, DOUBLE);
            assertThat(measured.stats()).isEqualTo(evaluation.stats());
            assertThat(measured.getNumRowCounter()).isEqualTo(evaluation.getNumRowCounter());
        }
        before.assertUnchanged(network.model());
        assertThat(network.model().score()).isEqualTo(lastScore);
    }

    private static ShareWorker worker(TrainedNetwork network, int microBatch) {
        ShareWorker worker = new ShareWorker(
                network.blueprint(),
                RawArray.of(network.model().params()),
                new ShareSettings(microBatch, 1, BatchNormStatistics.POOLED, LossNormalization.EXAMPLES));
        worker.follow(
                RawArray.of(network.model().params()),
                new ShareTask(network.iteration(), network.epoch(), List.of(), false));
        return worker;
    }

    @Test
    void badBatchesAreValues() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        Data data = new Data(1, DataType.DOUBLE);
        try (ShareWorker worker = worker(TrainedNetwork.of(network, StatisticsPolicy.POOLED, 1), 2)) {
            ShareInference inference = worker.inference();
            Optional<ShareFailure> none = inference.score(3, 1, null, score -> {});
            assertThat(none.orElseThrow().toException())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Batch 1 of partition 3: A batch is needed, got null");
            Optional<ShareFailure> unfit =
                    inference.evaluate(3, 1, data.dataSet(5, 3, 7).toMultiDataSet(), List.of(new Evaluation()));
            assertThat(unfit.orElseThrow().toException())
                    .isInstanceOf(MicroBatchException.class)
                    .hasMessageStartingWith("Batch 1 of partition 3: The forward pass from example 0 on failed")
                    .hasMessageContaining("features [5, 7]");
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> inference.score(0, 0, data.dataSet(2, 3, 4).toMultiDataSet(), score -> {}))
                    .isInstanceOf(TrainingInterruptedException.class);
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
