/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.assertSame;
import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.data.Offset.offset;

import io.github.gradacc.probe.ExactnessFinding.Cause;
import io.github.gradacc.probe.ExactnessReport;
import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/**
 * Bugs that users of gradient accumulation reported elsewhere, each as the behavior that is right. The comments cite
 * the public issues.
 */
class PitfallsTest {

    private final Data data = new Data(11, DataType.DOUBLE);
    private final MultiLayerNetwork ours = Nets.init(Nets.mlp());
    private final MultiLayerNetwork reference = ours.clone();

    private static GradientAccumulationTrainer trainer(MultiLayerNetwork network, int k, int examplesPerPass) {
        return GradientAccumulationTrainer.builder(network)
                .accumulationSteps(k)
                .microBatchSize(examplesPerPass)
                .build();
    }

    /** transformers 34191, torchtune 1875, OpenNMT-py 2209, mlx-lm 1413, keras 20241: not the mean of the means. */
    @Test
    void unevenMicroBatchesWeighByTheirExamples() {
        DataSet batch = data.dataSet(7, 3, 4);
        reference.fit(batch);
        try (var trainer = trainer(ours, 1, 6)) {
            assertThat(trainer.fit(batch).microBatches()).isEqualTo(2);
        }
        assertSame(ours, reference, DOUBLE);
    }

    /** The same with masks: what counts is the number of examples DL4J divides by, not the mask of a micro-batch. */
    @Test
    void unevenMasksWeighAsInTheBigBatch() {
        MultiLayerNetwork network = sequenceNetwork();
        MultiLayerNetwork big = network.clone();
        INDArray mask = data.mask(6, 5);
        DataSet batch = new DataSet(data.normal(6, 2, 5), data.oneHotSequences(6, 3, 5), mask, mask);
        big.fit(batch);
        try (var trainer = trainer(network, 1, 2)) {
            trainer.fit(batch);
        }
        assertSame(network, big, DOUBLE);
    }

    /**
     * transformers 34263 and 35207, LlamaFactory 7443: normalized once, so the loss is neither k times too high nor
     * low.
     */
    @Test
    void scoreAndStepDoNotDependOnTheNumberOfMicroBatches() {
        DataSet batch = data.dataSet(12, 3, 4);
        double expected = reference.score(batch, true);
        for (int size : new int[] {12, 6, 4, 3, 1}) {
            MultiLayerNetwork network = ours.clone();
            try (var trainer = trainer(network, 1, size)) {
                assertClose("score at size " + size, trainer.fit(batch).score(), expected, DOUBLE);
            }
            assertClose("network.score()", network.score(), expected, DOUBLE);
        }
    }

    /** Lightning 1549, ColossalAI 1028: the last, incomplete window counts by default. */
    @Test
    void theLastIncompleteWindowIsNotDropped() {
        try (var trainer = trainer(ours, 5, 100)) {
            trainer.fit(iterate(Batches.mlp()));
        }
        assertThat(ours.getIterationCount()).isEqualTo(2);
    }

    /** Lightning 19987, rf-detr 916: the last window is divided by what was summed, not by the nominal size. */
    @Test
    void theLastWindowIsDividedByWhatWasSummed() {
        try (var trainer = trainer(ours, 5, 100)) {
            trainer.fit(iterate(Batches.mlp()));
        }
        reference.fit(iterate(Data.windows(Batches.mlp(), 5)));
        assertSame(ours, reference, DOUBLE);
    }

    /** AnimaLoraStudio 305: a pending sum does not leak into the next epoch. */
    @Test
    void nothingLeaksIntoTheNextEpoch() {
        try (var trainer = GradientAccumulationTrainer.builder(ours)
                .accumulationSteps(5)
                .partialWindow(PartialWindow.DROP)
                .build()) {
            trainer.fit(iterate(Batches.mlp()), 2);
        }
        reference.fit(iterate(List.of(DataSet.merge(Batches.mlp().subList(0, 5)))), 2);
        assertSame(ours, reference, DOUBLE);
    }

    /**
     * Lightning 2569, 5680, 13243: the reported loss is the window's, not the last micro-batch's and not its k-th part.
     */
    @Test
    void reportedScoreIsThatOfTheWholeWindow() {
        DataSet easy = data.dataSet(4, 3, 4);
        DataSet hard = new DataSet(easy.getFeatures().mul(50), easy.getLabels());
        double expected = reference.score(DataSet.merge(List.of(hard, easy)), true);
        double ofLast = reference.score(easy, true);
        List<Double> seen = new ArrayList<>();
        ours.setListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                seen.add(model.score());
            }
        });
        try (var trainer = trainer(ours, 2, 100)) {
            trainer.accumulate(hard);
            StepReport step = trainer.accumulate(easy).orElseThrow();
            assertClose("score", step.score(), expected, DOUBLE);
        }
        assertThat(seen).hasSize(1);
        assertClose("listener", seen.get(0), expected, DOUBLE);
        assertThat(Math.abs(expected - ofLast)).isGreaterThan(0.1);
    }

    /** accelerate 963, keras 19990: schedules and Adam's bias correction tick once per step. */
    @Test
    void schedulesAndUpdatersTickOncePerStep() {
        var schedule = new MapSchedule(ScheduleType.ITERATION, Map.of(0, 0.1, 1, 0.01, 2, 0.001));
        MultiLayerNetwork network = Nets.init(
                Nets.mlp(settings -> settings.updater(new Adam(schedule)).weightDecay(0.1)));
        MultiLayerNetwork big = network.clone();
        big.fit(iterate(Data.windows(Batches.mlp(), 3)));
        try (var trainer = trainer(network, 3, 1)) {
            trainer.fit(iterate(Batches.mlp()));
        }
        assertSame(network, big, DOUBLE);
    }

    /** transformers 986, caffe 6199: clipping sees the mean of the window, not a micro-batch and not the sum. */
    @Test
    void clippingIsAppliedOnceToTheNormalizedSum() {
        double threshold = 0.01;
        MultiLayerNetwork network = Nets.init(Nets.mlp(settings -> settings.updater(new Sgd(1))
                .gradientNormalization(GradientNormalization.ClipL2PerLayer)
                .gradientNormalizationThreshold(threshold)));
        INDArray before = network.getParam("1_W").dup();
        INDArray biasBefore = network.getParam("1_b").dup();
        try (var trainer = trainer(network, 1, 3)) {
            trainer.fit(data.dataSet(12, 3, 4));
        }
        double moved = Math.hypot(
                network.getParam("1_W").sub(before).norm2Number().doubleValue(),
                network.getParam("1_b").sub(biasBefore).norm2Number().doubleValue());
        assertThat(moved).isCloseTo(threshold, offset(1e-9));
    }

    /** sentence-transformers 1822: a loss that needs the whole batch is reported by name. */
    @Test
    void aLossThatNeedsTheWholeBatchIsReportedByName() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                new OutputLayer.Builder(new LossFMeasure())
                        .nOut(1)
                        .activation(Activation.SIGMOID)
                        .build()));
        assertThat(ExactnessReport.of(network).findings())
                .singleElement()
                .matches(finding ->
                        finding.cause() == Cause.BATCH_LOSS && finding.subject().equals("LossFMeasure"));
    }

    /** Lightning 12205, 18710, 19740: listeners count steps, and evaluating in them does not clear the pending sum. */
    @Test
    void listenersSeeStepsAndDoNotDisturbTheSum() {
        List<Integer> iterations = new ArrayList<>();
        ours.setListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                iterations.add(iteration);
                ((MultiLayerNetwork) model).evaluate(iterate(Batches.mlp()));
            }
        });
        try (var trainer = trainer(ours, 3, 2)) {
            trainer.fit(iterate(Batches.mlp()));
        }
        reference.fit(iterate(Data.windows(Batches.mlp(), 3)));
        assertThat(iterations).containsExactly(0, 1, 2);
        assertSame(ours, reference, DOUBLE);
    }

    /** AnimaLoraStudio 486, espnet 3283, prime-rl 1961: a bad micro-batch stays out of sum and denominator. */
    @Test
    void aNonFiniteMicroBatchLeavesNoTrace() {
        DataSet bad = data.dataSet(4, 3, 4);
        bad.getFeatures().putScalar(0, Double.NaN);
        List<DataSet> good = Batches.mlp().subList(0, 3);
        try (var trainer = trainer(ours, 3, 100)) {
            trainer.accumulate(good.get(0));
            assertThatExceptionOfType(NonFiniteGradientException.class).isThrownBy(() -> trainer.accumulate(bad));
            for (DataSet batch : good) {
                trainer.accumulate(batch);
            }
        }
        reference.fit(DataSet.merge(good));
        assertSame(ours, reference, DOUBLE);
    }

    /** The same, where it was asked for: the window is that of the good micro-batches. */
    @Test
    void aNonFiniteMicroBatchIsLeftOutOfNumeratorAndDenominator() {
        DataSet bad = data.dataSet(4, 3, 4);
        bad.getFeatures().putScalar(0, Double.NaN);
        List<DataSet> good = Batches.mlp().subList(0, 2);
        try (var trainer = GradientAccumulationTrainer.builder(ours)
                .accumulationSteps(3)
                .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH)
                .build()) {
            trainer.accumulate(good.get(0));
            trainer.accumulate(bad);
            assertThat(trainer.accumulate(good.get(1)).orElseThrow().skippedExamples())
                    .isEqualTo(4);
        }
        reference.fit(DataSet.merge(good));
        assertSame(ours, reference, DOUBLE);
    }

    /** nanochat 618, torchtune 2341: a micro-batch with every label masked contributes zero, not 0/0. */
    @Test
    void aFullyMaskedMicroBatchContributesZero() {
        MultiLayerNetwork network = sequenceNetwork();
        MultiLayerNetwork big = network.clone();
        INDArray mask = Nd4j.ones(DataType.DOUBLE, 6, 5);
        mask.putRow(2, Nd4j.zeros(DataType.DOUBLE, 5));
        mask.putRow(3, Nd4j.zeros(DataType.DOUBLE, 5));
        DataSet batch = new DataSet(data.normal(6, 2, 5), data.oneHotSequences(6, 3, 5), null, mask);
        big.fit(batch);
        try (var trainer = trainer(network, 1, 2)) {
            trainer.fit(batch);
        }
        assertSame(network, big, DOUBLE);
    }

    /** Lightning 832, 19684: micro-batches, examples and steps are counted apart, each under its own name. */
    @Test
    void countersCountWhatTheyAreNamedAfter() {
        try (var trainer = trainer(ours, 3, 2)) {
            List<DataSet> batches = Batches.mlp();
            trainer.accumulate(batches.get(0));
            trainer.accumulate(batches.get(1));
            StepReport first = trainer.accumulate(batches.get(2)).orElseThrow();
            assertThat(first.microBatches()).isEqualTo(2 + 2 + 3);
            assertThat(first.examples()).isEqualTo(4 + 3 + 5);
            assertThat(first.iteration()).isZero();
            assertThat(first.epoch()).isZero();
            trainer.accumulate(batches.get(3));
            assertThat(trainer.flush().orElseThrow().iteration()).isEqualTo(1);
        }
    }

    private static MultiLayerNetwork sequenceNetwork() {
        return Nets.init(Nets.of(
                InputType.recurrent(2, 5),
                new LSTM.Builder().nOut(4).build(),
                new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build()));
    }
}
