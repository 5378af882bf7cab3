/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.data.Offset.offset;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.BrokenGradient;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Snapshot;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/** Data that cannot be trained on is refused, and the network is as after its last step. */
class RefusedDataTest {

    private final Data data = new Data(1, DataType.DOUBLE);
    private final MultiLayerNetwork network = Nets.init(Nets.mlp());
    private final GradientAccumulationTrainer trainer = GradientAccumulationTrainer.builder(network)
            .accumulationSteps(3)
            .microBatchSize(2)
            .build();
    private Snapshot before;

    @BeforeEach
    void takeSomeSteps() {
        trainer.fit(iterate(Batches.mlp()));
        before = Snapshot.of(network);
    }

    @AfterEach
    void networkIsUnchangedAndTrainable() {
        before.assertUnchanged(network);
        trainer.fit(data.dataSet(5, 3, 4));
        assertThat(network.getIterationCount()).isEqualTo(before.iteration() + 1);
        assertThat(network.getLayer(1).input())
                .as("nothing is left in the layers")
                .isNull();
        trainer.close();
    }

    @Test
    void nullsAreRefused() {
        refused(() -> trainer.fit((DataSetIterator) null), "iterator");
        refused(() -> trainer.fit((MultiDataSetIterator) null), "iterator");
        refused(() -> trainer.fit((DataSetIterator) null, 2), "iterator");
        refused(() -> trainer.fit((DataSet) null), "null");
        refused(() -> trainer.accumulate((MultiDataSet) null), "null");
        refused(() -> trainer.fit(null, data.oneHot(2, 3)), "features", "null");
        refused(() -> trainer.fit(data.normal(2, 4), null), "labels", "null");
        refused(() -> trainer.accumulate(new DataSet(data.normal(2, 4), null)), "labels", "null");
        refused(
                () -> trainer.fit(new MultiDataSet(new INDArray[] {null}, new INDArray[] {data.oneHot(2, 3)})),
                "features[0]");
    }

    @Test
    void missingLabelsAreNamedWhenTheyComeFromAnIterator() {
        refused(
                () -> trainer.fit(iterate(List.of(data.dataSet(2, 3, 4), new DataSet(data.normal(2, 4), null)))),
                "labels are null");
    }

    @Test
    void anEmptyDataSetIsRefused() {
        refused(
                () -> trainer.fit(Nd4j.empty(DataType.DOUBLE), data.oneHot(2, 3)),
                "features[0]",
                "at least one example");
    }

    @Test
    void anEmptyIteratorIsRefusedBeforeTheEpochStarts() {
        refused(() -> trainer.fit(iterate(List.of())), "no batches", "reset");
        DataSetIterator exhausted =
                new ExistingDataSetIterator(List.<DataSet>of().iterator());
        refused(() -> trainer.fit(exhausted), "no batches", "does not support");
    }

    @Test
    void epochsThatCannotBeAreRefused() {
        DataSetIterator once = new ExistingDataSetIterator(Batches.mlp().iterator());
        refused(() -> trainer.fit(once, 2), "reset()");
        refused(() -> trainer.fit(iterate(Batches.mlp()), 0), "at least 1", "0");
    }

    @Test
    void differentNumbersOfExamplesAreRefused() {
        refused(() -> trainer.fit(data.normal(4, 4), data.oneHot(3, 3)), "features[0] has 4", "labels[0] has 3");
        refused(
                () -> trainer.fit(data.normal(4, 4), data.oneHot(4, 3), null, data.unit(2, 1)),
                "labels mask[0] has 2",
                "[2, 1]");
    }

    @Test
    void severalInputsAreRefused() {
        INDArray[] two = {data.normal(2, 4), data.normal(2, 4)};
        refused(() -> trainer.fit(new MultiDataSet(two, new INDArray[] {data.oneHot(2, 3)})), "2 feature arrays");
    }

    @Test
    void aRefusedBatchLeavesTheOpenWindowAsItWas() {
        DataSet first = data.dataSet(4, 3, 4);
        DataSet second = data.dataSet(3, 3, 4);
        MultiLayerNetwork reference = network.clone();
        reference.fit(DataSet.merge(List.of(first, second)));

        trainer.accumulate(first);
        refused(() -> trainer.accumulate(new DataSet(data.normal(2, 4), null)), "labels");
        trainer.accumulate(second);
        StepReport step = trainer.flush().orElseThrow();

        assertThat(step.examples()).isEqualTo(7);
        assertThat(step.score()).isCloseTo(reference.score(), offset(1e-12));
        before = Snapshot.of(network);
    }

    @Test
    void featuresThatDoNotFitTheNetworkAreRefusedWithShapesAndPlace() {
        assertThatExceptionOfType(MicroBatchException.class)
                .isThrownBy(() -> trainer.fit(data.normal(3, 5), data.oneHot(3, 3)))
                .withMessageContainingAll("micro-batch 0", "step " + before.iteration(), "[2, 5]")
                .satisfies(e -> assertThat(e.microBatch()).isZero())
                .satisfies(e -> assertThat(e.iteration()).isEqualTo(before.iteration()))
                .withCauseInstanceOf(RuntimeException.class);
    }

    @Test
    void labelsThatDoNotFitTheNetworkAreRefusedWithShapesAndPlace() {
        trainer.accumulate(data.dataSet(4, 3, 4));
        assertThatExceptionOfType(MicroBatchException.class)
                .isThrownBy(() -> trainer.accumulate(data.dataSet(3, 7, 4)))
                .withMessageContainingAll("micro-batch 2", "[2, 7]")
                .satisfies(e -> assertThat(e.microBatch()).isEqualTo(2));
        assertThat(trainer.flush()).as("the window is discarded").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void aFeatureThatIsNotFiniteIsRefusedBeforeItEntersTheSum(double bad) {
        DataSet poisoned = data.dataSet(6, 3, 4);
        poisoned.getFeatures().putScalar(3, 1, bad);
        assertThatExceptionOfType(NonFiniteGradientException.class)
                .isThrownBy(() -> trainer.fit(poisoned))
                .withMessageContainingAll("micro-batch 1", "Step " + before.iteration())
                .satisfies(e -> assertThat(e.microBatch()).isEqualTo(1))
                .satisfies(e -> assertThat(e.iteration()).isEqualTo(before.iteration()));
    }

    @Test
    void aGradientThatIsNotFiniteIsRefusedUnderAFiniteLoss() {
        MultiLayerNetwork broken = brokenNetwork(DataType.DOUBLE);
        Snapshot untouched = Snapshot.of(broken);
        INDArray labels = Nd4j.ones(DataType.DOUBLE, 6, 1);
        labels.putScalar(5, 0, Double.NaN);
        try (var own =
                GradientAccumulationTrainer.builder(broken).microBatchSize(2).build()) {
            assertThatExceptionOfType(NonFiniteGradientException.class)
                    .isThrownBy(() -> own.fit(data.normal(6, 2), labels))
                    .withMessageContainingAll("micro-batch 2", "score 0.5");
        }
        untouched.assertUnchanged(broken);
    }

    /** FLOAT ends at 3.4e38 and HALF at 65504. No micro-batch is to blame: the last one is named. */
    @ParameterizedTest
    @CsvSource({"FLOAT, 2e38", "HALF, 3e4"})
    void finiteGradientsWhoseSumOverflowsAreRefused(DataType type, double gradient) {
        MultiLayerNetwork broken = brokenNetwork(type);
        Snapshot untouched = Snapshot.of(broken);
        INDArray labels = Nd4j.valueArrayOf(new long[] {3, 1}, gradient, type);
        try (var own =
                GradientAccumulationTrainer.builder(broken).microBatchSize(1).build()) {
            assertThatExceptionOfType(NonFiniteGradientException.class)
                    .isThrownBy(() -> own.fit(Nd4j.ones(type, 3, 2), labels))
                    .withMessageContaining("sum of 3 finite gradients")
                    .satisfies(e -> assertThat(e.microBatch()).isEqualTo(2))
                    .satisfies(e -> assertThat(e.iteration()).isZero())
                    .satisfies(e -> assertThat(e.score()).isEqualTo(1));
        }
        untouched.assertUnchanged(broken);
    }

    private static MultiLayerNetwork brokenNetwork(DataType type) {
        return Nets.init(Nets.of(
                Nets.settings().dataType(type),
                InputType.feedForward(2),
                new OutputLayer.Builder(new BrokenGradient())
                        .nOut(1)
                        .activation(Activation.IDENTITY)
                        .build()));
    }

    private static void refused(ThrowingCallable call, String... parts) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessageContainingAll(parts);
    }
}
