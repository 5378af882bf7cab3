/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** The search against a problem that can be solved on paper, and the network before and after it. */
@ExtendWith(DoubleByDefault.class)
class LearningRateFinderTest {

    private static LearningRateFinder finder(Model network) {
        return network instanceof ComputationGraph graph
                ? LearningRateFinder.of(graph)
                : LearningRateFinder.of((MultiLayerNetwork) network);
    }

    /** The loss (2 w - 0)^2 = 4 w^2 of one weight. */
    private static MultiLayerConfiguration parabola() {
        return Nets.of(
                Nets.settings().updater(new Sgd(0.5)),
                InputType.feedForward(1),
                new OutputLayer.Builder(LossFunction.MSE)
                        .nOut(1)
                        .hasBias(false)
                        .activation(Activation.IDENTITY)
                        .build());
    }

    private static final DataSet TWO =
            new DataSet(Nd4j.valueArrayOf(new long[] {5, 1}, 2.0, DataType.DOUBLE), Nd4j.zeros(DataType.DOUBLE, 5, 1));

    /** A step with rate r takes w to w (1 - 8 r): scores are known, and grow from r = 1/4 on. */
    @EachNetworkClass
    <T extends Model> void aParabolaGoesAsOnPaper(NetworkClass<T> type) {
        T network = type.init(parabola());
        network.params().assign(2);
        LearningRateReport report = finder(network)
                .between(0.001, 10)
                .steps(41)
                .smoothing(0)
                .microBatchSize(2)
                .find(List.of(TWO, TWO));
        double w = 2;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < report.points().size(); i++) {
            LearningRateReport.Point point = report.points().get(i);
            double rate = Math.pow(10, -3 + i / 10.0);
            assertClose("rate", point.rate(), rate, DOUBLE);
            // Relative to the first score: near the vertex a w that should be 0 is what rounding left.
            assertThat(point.score()).isCloseTo(4 * w * w, within(DOUBLE * 16));
            assertThat(point.smoothed()).isEqualTo(point.score());
            if (i < report.points().size() - 1) {
                assertThat(point.score()).isLessThanOrEqualTo(4 * least);
            }
            least = Math.min(least, point.score());
            w *= 1 - 8 * rate;
        }
        assertThat(report.diverged()).isTrue();
        assertThat(report.points().get(report.points().size() - 1).rate()).isBetween(0.25, 1.0);
        assertThat(report.suggestedRate().orElseThrow()).isBetween(0.01, 0.125);
    }

    /** It would look like a rate that is too large. */
    @Test
    void dataThatIsNotFiniteIsNamed() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        List<DataSet> batches = Batches.mlp();
        batches.get(4).getFeatures().putScalar(0, Double.NaN);
        assertThatThrownBy(() -> LearningRateFinder.of(network).steps(20).find(batches))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("features[0] of window 4", "NaN");
    }

    /** With smoothing: (1 - b) sum b^(n - i) score_i, over the sum of these weights. */
    @Test
    void smoothedScoresAreWeightedMeans() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        List<LearningRateReport.Point> points = LearningRateFinder.of(network)
                .smoothing(0.8)
                .steps(10)
                .find(Batches.mlp())
                .points();
        assertThat(points).hasSize(10);
        for (int n = 0; n < 10; n++) {
            double sum = 0;
            double weights = 0;
            for (int i = 0; i <= n; i++) {
                double weight = Math.pow(0.8, n - i);
                sum += weight * points.get(i).score();
                weights += weight;
            }
            assertClose("smoothed " + n, points.get(n).smoothed(), sum / weights, DOUBLE);
        }
    }

    /** The windows are those of native training on joined batches, the third what is left; then they begin anew. */
    @EachNetworkClass
    <T extends Model> void stepsAreThoseOfTrainingOnWindows(NetworkClass<T> type) {
        T network = type.init(rated(new Adam(1)));
        List<LearningRateReport.Point> points = finder(network)
                .between(0.01, 0.1)
                .steps(10)
                .accumulationSteps(3)
                .microBatchSize(2)
                .divergence(Double.POSITIVE_INFINITY)
                .find(iterate(Batches.mlp()))
                .points();
        T reference = type.init(
                rated(new Adam(new ExponentialSchedule(ScheduleType.ITERATION, 0.01, Math.pow(10, 1 / 9.0)))));
        List<DataSet> windows = Data.windows(Batches.mlp(), 3);
        for (int i = 0; i < 10; i++) {
            type.fit(reference, windows.get(i % 3));
            assertClose("score " + i, points.get(i).score(), reference.score(), DOUBLE);
        }
    }

    private static MultiLayerConfiguration rated(Adam updater) {
        return Nets.mlp(settings ->
                settings.updater(updater).biasUpdater(updater.clone()).l2(0.01));
    }

    /** Rates reach layers inside of others, which DL4J's setLearningRate passes over. */
    @EachNetworkClass
    <T extends Model> void ratesReachLayersInsideOfOthers(NetworkClass<T> type) {
        double[] last = new double[2];
        for (int i = 0; i < 2; i++) {
            double own = i == 0 ? 1e-3 : 1;
            T network = type.init(Nets.of(
                    Nets.settings().updater(new Sgd(own)),
                    InputType.recurrent(3),
                    new Bidirectional(Nets.lstm(3)),
                    Nets.rnnSoftmax(3)));
            List<LearningRateReport.Point> points = finder(network)
                    .between(0.1, 1)
                    .steps(10)
                    .find(Batches.sequences())
                    .points();
            last[i] = points.get(9).score();
        }
        assertThat(last[0]).as("whatever rate the network has").isEqualTo(last[1]);
    }

    private static MultiLayerConfiguration eventful() {
        return Nets.of(
                Nets.settings()
                        .updater(new Adam(new ExponentialSchedule(ScheduleType.ITERATION, 0.02, 0.9)))
                        .l2(0.01),
                InputType.feedForward(4),
                new BatchNormalization.Builder().build(),
                Nets.dense(5),
                new DropoutLayer.Builder(0.5).build(),
                new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build());
    }

    /**
     * Training goes on as if there had been no search: with its schedule, Adam's state, dropout's random numbers, and
     * listeners that heard nothing.
     */
    @EachNetworkClass
    <T extends Model> void theNetworkIsAsItWas(NetworkClass<T> type) {
        T network = type.init(eventful());
        T reference = type.init(eventful());
        List<DataSet> batches = Batches.mlp();
        EventLog events = new EventLog();
        Nd4j.getRandom().setSeed(5);
        type.fit(reference, iterate(batches), 2);
        Nd4j.getRandom().setSeed(5);
        type.fit(network, iterate(batches), 1);
        network.addListeners(events);
        String configuration = configuration(network);
        Snapshot before = Snapshot.of(network);
        LearningRateReport report = finder(network).steps(20).find(batches);
        assertThat(report.points()).hasSizeGreaterThan(9);
        before.assertUnchanged(network);
        assertThat(configuration(network)).isEqualTo(configuration);
        assertThat(events.events()).isEmpty();
        type.fit(network, iterate(batches), 1);
        assertThat(network.params()).isEqualTo(reference.params());
        assertThat(type.updaterState(network)).isEqualTo(type.updaterState(reference));
        assertThat(network.score()).isEqualTo(reference.score());
    }

    private static String configuration(Model network) {
        return network instanceof ComputationGraph graph
                ? graph.getConfiguration().toJson()
                : ((MultiLayerNetwork) network).getLayerWiseConfigurations().toJson();
    }

    /** The search starts from what training has left: parameters, Adam's state, the iteration it counts by. */
    @EachNetworkClass
    <T extends Model> void theSearchGoesOnWhereTrainingStopped(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        type.fit(network, iterate(Batches.mlp()), 3);
        T reference = type.load(saved(type, network));
        List<LearningRateReport.Point> points = finder(network)
                .between(0.01, 0.010001)
                .steps(10)
                .find(Batches.mlp())
                .points();
        for (int i = 0; i < 10; i++) {
            type.fit(reference, Batches.mlp().get(i % 8));
            // The rates are those of the reference but for 1e-4 of them.
            assertThat(points.get(i).score()).isCloseTo(reference.score(), within(1e-5));
        }
    }

    private static <T extends Model> File saved(NetworkClass<T> type, T network) {
        try {
            File file = File.createTempFile("network", ".zip");
            file.deleteOnExit();
            type.save(network, file);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Batches that are drawn when they are asked for, on the calling thread, leave its generator where it was, too. */
    @EachNetworkClass
    <T extends Model> void whatTheDataDrawsIsGivenBack(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        var drawn = new ExistingDataSetIterator(Batches.mlp()) {
            private static final long serialVersionUID = 1L;

            @Override
            public DataSet next() {
                DataSet batch = super.next().copy();
                batch.getFeatures().addi(Nd4j.rand(batch.getFeatures().shape()));
                return batch;
            }

            @Override
            public boolean asyncSupported() {
                return false;
            }
        };
        Nd4j.getRandom().setSeed(5);
        double next = Nd4j.rand(DataType.DOUBLE, 1).getDouble(0);
        Nd4j.getRandom().setSeed(5);
        LearningRateReport first = finder(network).steps(10).find(drawn);
        assertThat(Nd4j.rand(DataType.DOUBLE, 1).getDouble(0)).isEqualTo(next);
        drawn.reset();
        assertThat(finder(network).steps(10).find(drawn)).as("the same again").isEqualTo(first);
    }

    /** The third batch does not fit. */
    @EachNetworkClass
    <T extends Model> void theNetworkIsAsItWasAfterAFailure(NetworkClass<T> type) {
        T network = type.init(eventful());
        type.fit(network, iterate(Batches.mlp()), 1);
        Snapshot before = Snapshot.of(network);
        Nd4j.getRandom().setSeed(5);
        double next = Nd4j.rand(DataType.DOUBLE, 1).getDouble(0);
        Nd4j.getRandom().setSeed(5);
        Data data = new Data(1, DataType.DOUBLE);
        List<DataSet> batches = List.of(data.dataSet(8, 3, 4), data.dataSet(8, 3, 4), data.dataSet(8, 3, 5));
        assertThatIllegalStateException()
                .isThrownBy(() -> finder(network).find(batches))
                .withMessageContaining("Window 2 of the search");
        before.assertUnchanged(network);
        assertThat(Nd4j.rand(DataType.DOUBLE, 1).getDouble(0)).isEqualTo(next);
    }

    /** A network that has not been trained yet does not even get an updater; graphs have one from the start. */
    @EachNetworkClass
    <T extends Model> void theUpdaterIsTheSameObjectOrNone(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        Object before = updater(network);
        finder(network).steps(10).find(Batches.mlp());
        assertThat(updater(network)).isSameAs(before);
        assertThat(before == null).isEqualTo(network instanceof MultiLayerNetwork);
    }

    private static Object updater(Model network) {
        return network instanceof ComputationGraph graph
                ? graph.getUpdater(false)
                : ((MultiLayerNetwork) network).getUpdater(false);
    }

    @EachNetworkClass
    <T extends Model> void whatMakesNoSenseIsRefused(NetworkClass<T> type) {
        refused(type, Nets.mlp(settings -> settings.updater(new AdaDelta())), "AdaDelta");
        refused(type, Nets.mlp(settings -> settings.biasUpdater(new Adam(0.7))), "[0.01, 0.7]");
        refused(
                type,
                Nets.of(
                        InputType.feedForward(4),
                        new FrozenLayer(Nets.dense(4)),
                        new FrozenLayer(Nets.dense(3)),
                        new LossLayer.Builder(LossFunction.MSE).build()),
                "frozen");
        refused(type, Nets.of(InputType.feedForward(4), Nets.dense(3)), "must be an output layer");
        refused(
                type,
                Nets.settings()
                        .list()
                        .layer(Nets.lstm(4))
                        .layer(Nets.rnnSoftmax(3))
                        .setInputType(InputType.recurrent(3))
                        .backpropType(BackpropType.TruncatedBPTT)
                        .tBPTTLength(2)
                        .build(),
                "truncated BPTT");
    }

    private static <T extends Model> void refused(
            NetworkClass<T> type, MultiLayerConfiguration layers, String... words) {
        T network = type.init(layers);
        Snapshot before = new Snapshot(network.params().dup(), null, 0, 0, network.score(), List.of());
        assertThatIllegalStateException()
                .isThrownBy(() -> finder(network).find(Batches.mlp()))
                .withMessageContainingAll(words);
        assertThat(network.params()).isEqualTo(before.parameters());
    }

    /** A layer that its updater leaves alone does not matter. */
    @Test
    void aLayerWithoutARateIsLeftOut() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                new DenseLayer.Builder().nOut(5).updater(new NoOp()).build(),
                Nets.softmax(3)));
        assertThat(LearningRateFinder.of(network).find(Batches.mlp()).points()).hasSizeGreaterThan(10);
    }

    @EachNetworkClass
    <T extends Model> void badDataIsRefused(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> finder(network).find((List<DataSet>) null))
                .withMessageContaining("list of batches");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> finder(network).find(List.of()))
                .withMessageContaining("has no batches");
        DataSet nan = new Data(1, DataType.DOUBLE).dataSet(5, 3, 4);
        nan.getFeatures().putScalar(0, Double.NaN);
        assertThatIllegalStateException()
                .isThrownBy(() -> finder(network).find(List.of(nan)))
                .withMessageContaining("first window is not finite");
    }

    /** Gradients that stop being finite end the search as a score does. */
    @Test
    void aGradientThatIsNotFiniteEndsTheSearch() {
        MultiLayerNetwork network = Nets.init(parabola());
        network.params().assign(2);
        LearningRateReport report = LearningRateFinder.of(network)
                .between(1, 1e300)
                .steps(100)
                .divergence(Double.POSITIVE_INFINITY)
                .find(List.of(TWO));
        assertThat(report.diverged()).isTrue();
        assertThat(report.points()).hasSizeBetween(5, 99);
        assertThat(report.suggestedRate()).isEmpty();
    }

    @Test
    void badSettingsAreRefused() {
        LearningRateFinder finder = LearningRateFinder.of(Nets.init(Nets.mlp()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LearningRateFinder.of((MultiLayerNetwork) null))
                .withMessageContaining("network");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> finder.between(0.1, 0.1))
                .withMessageContaining("0.1 to 0.1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> finder.between(0, 1))
                .withMessageContaining("0.0 to 1.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> finder.between(Double.NaN, 1))
                .withMessageContaining("NaN");
        assertThatIllegalArgumentException().isThrownBy(() -> finder.steps(9)).withMessageContaining("got 9");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> finder.accumulationSteps(0))
                .withMessageContaining("accumulationSteps must be at least 1, got 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> finder.microBatchSize(0))
                .withMessageContaining("microBatchSize must be at least 1, got 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> finder.smoothing(1))
                .withMessageContaining("got 1.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> finder.divergence(1))
                .withMessageContaining("got 1.0");
    }
}
