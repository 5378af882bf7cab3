/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.updater.AdamTorch;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** A rate that cannot be used in one layer leaves all layers as they were. */
@ExtendWith(DoubleByDefault.class)
class RefusedRatesTest {

    private static final DataSet BATCH = new Data(3, DataType.DOUBLE).dataSet(8, 3, 4);

    /** Good for two steps. */
    private static ISchedule ending() {
        return new MapSchedule(ScheduleType.ITERATION, Map.of(0, 0.01, 2, -0.1));
    }

    /** The output's rate ends, below it there is another updater with a state. */
    private static MultiLayerConfiguration configuration() {
        return Nets.of(
                Nets.settings().updater(new AdamTorch(ending())),
                InputType.feedForward(4),
                new DenseLayer.Builder()
                        .nOut(5)
                        .updater(new AdamTorch(0.01))
                        .biasUpdater(new Adam(0.01))
                        .build(),
                Nets.softmax(3));
    }

    @EachNetworkClass
    <T extends Model> void theNetworkIsAsAfterItsLastStep(NetworkClass<T> type) {
        T network = type.init(configuration());
        try (var trainer = type.builder(network).microBatchSize(3).build()) {
            trainer.fit(BATCH);
            trainer.fit(BATCH);
            Snapshot before = Snapshot.of(network);
            assertThatIllegalStateException()
                    .isThrownBy(() -> trainer.fit(BATCH))
                    .withMessageContainingAll(
                            "Parameter 'W' of layer '1' has no learning rate in step 2",
                            "must be finite and at least 0",
                            "gives -0.1 at iteration 2",
                            "the network is as after its last step",
                            "setLearningRate(...)");
            before.assertUnchanged(network);
        }
    }

    /** The way out that the message gives. */
    @Test
    void trainingGoesOnWithAnotherRate() {
        var network = Nets.init(configuration());
        try (var trainer = GradientAccumulationTrainer.builder(network).build()) {
            trainer.fit(BATCH);
            trainer.fit(BATCH);
            assertThatIllegalStateException().isThrownBy(() -> trainer.fit(BATCH));
            network.setLearningRate(1, 0.01);
            assertThat(trainer.fit(BATCH).iteration()).isEqualTo(2);
        }
    }

    /** A schedule of the user's that fails is named as one that ends; a frozen layer's is not asked. */
    @Test
    void schedulesThatThrowAreNamed() {
        record Failing(List<Integer> calls) implements ISchedule {
            @Override
            public double valueAt(int iteration, int epoch) {
                throw new IndexOutOfBoundsException("no rate left");
            }

            @Override
            public ISchedule clone() {
                return this;
            }
        }
        var network = Nets.init(Nets.of(
                Nets.settings().updater(new Adam(new Failing(List.of()))),
                InputType.feedForward(4),
                new FrozenLayer(Nets.dense(4)),
                Nets.softmax(3)));
        try (var trainer = GradientAccumulationTrainer.builder(network).build()) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> trainer.fit(BATCH))
                    .withMessageContaining("Parameter 'W' of layer '1' has no learning rate in step 0: no rate left")
                    .withCauseInstanceOf(IndexOutOfBoundsException.class);
        }
    }
}
