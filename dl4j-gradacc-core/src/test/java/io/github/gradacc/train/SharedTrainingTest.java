/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.grad.StatisticsPolicy;
import io.github.gradacc.grad.SumState;
import io.github.gradacc.pass.TrainedNetwork;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Snapshot;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/** Steps on shares, saved between two of them. */
class SharedTrainingTest {

    private static final Map<String, String> DEALING = Map.of("windows of", "4");

    @TempDir
    private Path folder;

    private final MultiLayerNetwork network = Nets.init(Nets.mlp());

    private static SharedSteps steps(MultiLayerNetwork network, int microBatchSize, int mostInARow) {
        return new SharedSteps(
                TrainedNetwork.of(network, StatisticsPolicy.POOLED, 1),
                new ShareSettings(microBatchSize, 1, BatchNormStatistics.POOLED, LossNormalization.EXAMPLES),
                List.of(),
                NonFinitePolicy.SKIP_STEP,
                mostInARow,
                null);
    }

    private static void step(SharedSteps steps) {
        SharedWindow window = steps.open(new ShareCount(1, 2, List.of()));
        ShareFailure bad = ShareFailure.notFinite(0, 0, new NonFiniteGradientException(0, 0, Double.NaN, "of shares"));
        steps.step(window, List.<SumState>of(), Optional.of(bad));
    }

    private Path file() {
        return folder.resolve("training.zip");
    }

    @Test
    void goesOnWithWhatItRemembers() {
        network.fit(new Data(1, DataType.DOUBLE).dataSet(4, 3, 4));
        SharedSteps steps = steps(network, 3, 2);
        step(steps);
        SharedTraining training = steps.training(DEALING);
        Nd4j.getRandom().nextInt();
        SavableTraining.Moment moment = SavableTraining.Moment.now();
        training.save(file(), moment, Map.of("place", "here"));
        int drawn = Nd4j.getRandom().nextInt();

        MultiLayerNetwork other = Nets.init(Nets.mlp());
        SharedSteps resumed = steps(other, 3, 2);
        Map<String, String> accepted = new HashMap<>();
        SavableTraining.Restored restored = resumed.training(DEALING).restore(file(), accepted::putAll);
        assertThat(restored.notes()).isEqualTo(Map.of("place", "here")).isEqualTo(accepted);
        assertThat(restored.moment()).isEqualTo(moment);
        assertThat(Nd4j.getRandom().nextInt()).isEqualTo(drawn);
        Snapshot.of(network).assertUnchanged(other);
        assertThat(other.score()).isEqualTo(network.score());
        step(resumed);
        assertThatThrownBy(() -> step(resumed))
                .as("the third in a row")
                .isInstanceOf(NonFiniteGradientException.class)
                .hasMessageContaining("More windows in a row than 2");
    }

    @Test
    void refusesAnotherTrainingAndLeavesTheNetwork() {
        steps(network, 3, 2).training(DEALING).save(file(), SavableTraining.Moment.now(), Map.of("place", "here"));
        MultiLayerNetwork other = Nets.init(Nets.mlp());
        other.fit(new Data(1, DataType.DOUBLE).dataSet(4, 3, 4));
        Snapshot before = Snapshot.of(other);
        assertRefused(steps(other, 4, 2), DEALING, "microBatchSize is 3 in the file, 4 here");
        assertRefused(steps(other, 3, 2), Map.of("windows of", "5"), "windows of is 4 in the file, 5 here");
        assertRefused(steps(other, 3, 3), DEALING, "at most 2 in a row in the file, SKIP_STEP, at most 3 in a row");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> steps(other, 3, 2).training(DEALING).restore(file(), notes -> {
                    throw new IllegalArgumentException("not " + notes.get("place"));
                }))
                .withMessage("not here");
        before.assertUnchanged(other);
        try (var trainer = GradientAccumulationTrainer.builder(other).build()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.restore(file()))
                    .withMessageContaining("the settings differ: ");
        }
    }

    private void assertRefused(SharedSteps steps, Map<String, String> dealing, String words) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> steps.training(dealing).restore(file(), notes -> {}))
                .withMessageContaining(words);
    }
}
