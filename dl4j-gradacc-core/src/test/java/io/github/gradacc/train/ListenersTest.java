/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.deeplearning4j.core.storage.Persistable;
import org.deeplearning4j.core.storage.StatsStorageRouter;
import org.deeplearning4j.core.storage.StorageMetaData;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.InvocationType;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.optimize.listeners.CheckpointListener;
import org.deeplearning4j.optimize.listeners.CollectScoresListener;
import org.deeplearning4j.optimize.listeners.EvaluativeListener;
import org.deeplearning4j.optimize.listeners.PerformanceListener;
import org.deeplearning4j.optimize.listeners.ScoreIterationListener;
import org.deeplearning4j.optimize.listeners.TimeIterationListener;
import org.deeplearning4j.ui.model.stats.StatsListener;
import org.deeplearning4j.ui.model.stats.api.StatsReport;
import org.deeplearning4j.ui.model.stats.api.StatsType;
import org.deeplearning4j.ui.model.stats.api.SummaryType;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** DL4J's own listeners do under accumulation what they do under native training on the windows. */
class ListenersTest {

    private static final int EPOCHS = 3;

    private static <T extends Model> T accumulate(NetworkClass<T> type, TrainingListener... listeners) {
        T ours = type.init(Nets.mlp());
        ours.setListeners(listeners);
        try (var trainer =
                type.builder(ours).accumulationSteps(3).microBatchSize(2).build()) {
            trainer.fit(iterate(Batches.mlp()), EPOCHS);
        }
        return ours;
    }

    private static <T extends Model> T fitWindows(NetworkClass<T> type, TrainingListener... listeners) {
        T reference = type.init(Nets.mlp());
        reference.setListeners(listeners);
        type.fit(reference, iterate(Data.windows(Batches.mlp(), 3)), EPOCHS);
        return reference;
    }

    @EachNetworkClass
    <T extends Model> void scoresAreCollectedPerStep(NetworkClass<T> type) {
        CollectScoresListener our = new CollectScoresListener(1);
        CollectScoresListener expected = new CollectScoresListener(1);
        accumulate(type, our, new ScoreIterationListener(1), new TimeIterationListener(9));
        fitWindows(type, expected);
        assertThat(our.getListIteration().toArray())
                .isEqualTo(expected.getListIteration().toArray());
        for (int i = 0; i < expected.getListScore().size(); i++) {
            assertClose(
                    "score " + i,
                    our.getListScore().getDouble(i),
                    expected.getListScore().getDouble(i),
                    DOUBLE);
        }
    }

    /** PerformanceListener divides the examples of the model's input by the time since the last step. */
    @EachNetworkClass
    <T extends Model> void performanceCountsTheExamplesOfTheWindow(NetworkClass<T> type) {
        List<Long> examples = new ArrayList<>();
        accumulate(type, new PerformanceListener(1, true), new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                examples.add(model.input().size(0));
                assertThat(model.batchSize()).isEqualTo((int) model.input().size(0));
            }
        });
        assertThat(examples.subList(0, 3)).containsExactly(12L, 9L, 8L);
    }

    @EachNetworkClass
    <T extends Model> void checkpointsAreWrittenPerStepAndLoad(
            NetworkClass<T> type, @TempDir Path ourDirectory, @TempDir Path directory) {
        CheckpointListener our = checkpoints(ourDirectory);
        CheckpointListener expected = checkpoints(directory);
        accumulate(type, our);
        fitWindows(type, expected);

        assertThat(names(ourDirectory)).hasSize(4).isEqualTo(names(directory));
        T loaded = type.load(our.getFileForCheckpoint(our.lastCheckpoint()));
        T expectedLoaded = type.load(expected.getFileForCheckpoint(expected.lastCheckpoint()));
        assertClose("parameters", loaded.params(), expectedLoaded.params(), DOUBLE);
        assertClose("updater state", type.updaterState(loaded), type.updaterState(expectedLoaded), DOUBLE);
        assertThat(type.iterations(loaded)).isEqualTo(type.iterations(expectedLoaded));
    }

    private static CheckpointListener checkpoints(Path directory) {
        return new CheckpointListener.Builder(directory.toFile())
                .saveEveryNIterations(2)
                .keepAll()
                .build();
    }

    private static List<String> names(Path directory) {
        return Arrays.stream(directory.toFile().list((dir, name) -> name.endsWith(".zip")))
                .sorted()
                .toList();
    }

    /** It evaluates in mid-training, on the network that is being trained. */
    @EachNetworkClass
    <T extends Model> void evaluationInMidTrainingSeesTheSameNetworkAndDisturbsNothing(NetworkClass<T> type) {
        DataSetIterator test = iterate(Batches.mlp());
        List<Double> our = new ArrayList<>();
        List<Double> expected = new ArrayList<>();
        T ours = accumulate(type, evaluation(test, our));
        T reference = fitWindows(type, evaluation(test, expected));
        assertThat(our).hasSize(9).isEqualTo(expected);
        assertClose("parameters", ours.params(), reference.params(), DOUBLE);
    }

    private static EvaluativeListener evaluation(DataSetIterator test, List<Double> accuracies) {
        EvaluativeListener listener = new EvaluativeListener(test, 1, InvocationType.ITERATION_END, new Evaluation(3));
        listener.setCallback(
                (source, model, invocation, results) -> accuracies.add(((Evaluation) results[0]).accuracy()));
        return listener;
    }

    @EachNetworkClass
    <T extends Model> void statisticsForTheUserInterfaceAreThoseOfTheWindow(NetworkClass<T> type) {
        List<StatsReport> our = new ArrayList<>();
        List<StatsReport> expected = new ArrayList<>();
        accumulate(type, new StatsListener(new Reports(our), 1));
        fitWindows(type, new StatsListener(new Reports(expected), 1));
        assertThat(our).hasSameSizeAs(expected).hasSize(9);
        for (int i = 0; i < our.size(); i++) {
            assertThat(our.get(i).getIterationCount()).isEqualTo(expected.get(i).getIterationCount());
            assertThat(our.get(i).getTotalExamples()).isEqualTo(expected.get(i).getTotalExamples());
            assertThat(our.get(i).getTotalMinibatches())
                    .isEqualTo(expected.get(i).getTotalMinibatches());
            assertClose("score", our.get(i).getScore(), expected.get(i).getScore(), DOUBLE);
            for (StatsType statistics : StatsType.values()) {
                assertSameMagnitudes(our.get(i), expected.get(i), statistics);
            }
        }
    }

    /** Keeps every report; DL4J's storages keep one per millisecond. */
    private record Reports(List<StatsReport> reports) implements StatsStorageRouter {
        @Override
        public void putStorageMetaData(StorageMetaData storageMetaData) {}

        @Override
        public void putStorageMetaData(Collection<? extends StorageMetaData> storageMetaData) {}

        @Override
        public void putStaticInfo(Persistable staticInfo) {}

        @Override
        public void putStaticInfo(Collection<? extends Persistable> staticInfo) {}

        @Override
        public void putUpdate(Persistable update) {
            reports.add((StatsReport) update);
        }

        @Override
        public void putUpdate(Collection<? extends Persistable> updates) {
            updates.forEach(this::putUpdate);
        }
    }

    private static void assertSameMagnitudes(StatsReport our, StatsReport expected, StatsType type) {
        assertThat(our.hasSummaryStats(type, SummaryType.MeanMagnitudes)).isTrue();
        var magnitudes = expected.getMeanMagnitudes(type);
        assertThat(our.getMeanMagnitudes(type).keySet()).isEqualTo(magnitudes.keySet());
        magnitudes.forEach((name, value) ->
                assertClose(type + " " + name, our.getMeanMagnitudes(type).get(name), value, DOUBLE));
    }

    /** As native training has it: the time from the end of a step until the data of the next one has arrived. */
    @EachNetworkClass
    <T extends Model> void theTimeSpentWaitingForTheWindowIsReported(NetworkClass<T> type) {
        List<Long> waited = new ArrayList<>();
        T ours = type.init(Nets.mlp());
        ours.setListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                waited.add(type.lastEtlTime(ours));
            }
        });
        var slow = new ExistingDataSetIterator(Batches.mlp()) {
            private static final long serialVersionUID = 1L;

            @Override
            public DataSet next() {
                try {
                    Thread.sleep(20);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return super.next();
            }
        };
        try (var trainer = type.builder(ours).accumulationSteps(4).build()) {
            trainer.fit(slow);
        }
        assertThat(waited).hasSize(2).allSatisfy(millis -> assertThat(millis).isGreaterThanOrEqualTo(4 * 19L));
    }

    /** A listener that evaluates must not meet the masks of the last micro-batch. */
    @EachNetworkClass
    <T extends Model> void noMaskOfAMicroBatchIsLeftWhenListenersAreCalled(NetworkClass<T> type) {
        T network = type.init(Nets.of(
                InputType.recurrent(2, 5),
                new LSTM.Builder().nOut(3).build(),
                new RnnLossLayer.Builder(LossFunction.MSE).build()));
        List<INDArray> masks = new ArrayList<>();
        network.setListeners(new BaseTrainingListener() {
            @Override
            public void onBackwardPass(Model model) {
                for (Layer layer : type.layers(network)) {
                    masks.add(layer.getMaskArray());
                }
            }
        });
        Data data = new Data(1, DataType.DOUBLE);
        INDArray mask = data.mask(5, 5);
        try (var trainer = type.builder(network).microBatchSize(2).build()) {
            trainer.fit(data.normal(5, 2, 5), data.normal(5, 3, 5), mask, mask);
        }
        assertThat(masks).containsExactly(null, null);
    }

    /** No big batch exists for these; what listeners see is padded with zeros. */
    @EachNetworkClass
    <T extends Model> void imagesOfDifferentSizesInOneWindow(NetworkClass<T> type) {
        MultiLayerConfiguration layers = Nets.of(
                InputType.convolutional(6, 6, 1),
                new ConvolutionLayer.Builder(2, 2).nOut(2).build(),
                new GlobalPoolingLayer(),
                Nets.softmax(3));
        T network = type.init(layers.clone());
        T without = type.init(layers.clone());
        EventLog events = new EventLog();
        network.setListeners(events);
        Data data = new Data(1, DataType.DOUBLE);
        List<DataSet> sizes = List.of(data.dataSet(2, 3, 1, 4, 5), data.dataSet(3, 3, 1, 6, 4));
        for (T each : List.of(network, without)) {
            try (var trainer = type.builder(each).accumulationSteps(2).build()) {
                trainer.fit(iterate(sizes));
            }
        }
        assertThat(network.params()).isEqualTo(without.params());
        assertThat(events.events().get(1).sizes()).isEqualTo("5 [[5, 1, 6, 5]]");
    }

    @EachNetworkClass
    <T extends Model> void aListenerMayAddAndRemoveListeners(NetworkClass<T> type) {
        EventLog late = new EventLog();
        T ours = type.init(Nets.mlp());
        ours.setListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                if (iteration == 1) {
                    model.setListeners(late);
                }
            }
        });
        try (var trainer = type.builder(ours).microBatchSize(2).build()) {
            trainer.fit(iterate(Batches.mlp()));
        }
        assertThat(late.events().get(0).name()).startsWith("onForwardPass");
        assertThat(late.events()).hasSize(6 * 4 + 1);
    }

    /** Between the calls of a hand-written loop the network shows its last step, not the last micro-batch. */
    @EachNetworkClass
    <T extends Model> void theScoreShownInMidWindowIsThatOfTheLastStep(NetworkClass<T> type) {
        List<DataSet> batches = Batches.mlp();
        T ours = type.init(Nets.mlp());
        try (var trainer = type.builder(ours).accumulationSteps(2).build()) {
            trainer.accumulate(batches.get(0));
            double score = trainer.accumulate(batches.get(1)).orElseThrow().score();
            trainer.accumulate(batches.get(2));
            assertThat(ours.score()).isEqualTo(score);
            trainer.flush();
        }
    }
}
