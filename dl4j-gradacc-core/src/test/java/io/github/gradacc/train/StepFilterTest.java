/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.nd4j.linalg.dataset.DataSet;

/** Steps that a filter vetoes. */
@ExtendWith(DoubleByDefault.class)
class StepFilterTest {

    private final List<StepReport> asked = new ArrayList<>();

    /** Keeps what it is told. */
    private static final class Told extends BaseTrainingListener implements WindowListener {
        private final List<SkippedWindow> skipped = new ArrayList<>();

        @Override
        public void onWindow(Model model, WindowNorms norms) {}

        @Override
        public void onSkipped(Model model, SkippedWindow window) {
            skipped.add(window);
        }
    }

    @EachNetworkClass
    <T extends Model> void aVetoLeavesTheNetworkAsItWas(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        Told told = new Told();
        network.setListeners(told);
        type.fit(network, Batches.mlp().get(0));
        T reference = type.init(Nets.mlp());
        type.fit(reference, Batches.mlp().get(0));
        Snapshot before = Snapshot.of(network);
        DataSet batch = Batches.mlp().get(2);
        try (var lines = new LogLines("io.github.gradacc.train");
                var trainer = type.builder(network)
                        .microBatchSize(2)
                        .stepFilter(candidate -> {
                            asked.add(candidate);
                            return asked.size() > 1;
                        })
                        .build()) {
            StepReport vetoed = trainer.fit(batch);
            before.assertUnchanged(network);
            assertThat(vetoed.stepped()).isFalse();
            assertThat(vetoed.score()).isEqualTo(asked.get(0).score()).isFinite();
            assertThat(vetoed.gradientNorm()).isEqualTo(asked.get(0).gradientNorm());
            assertThat(vetoed.microBatches()).isZero();
            assertThat(vetoed.skippedMicroBatches()).isEqualTo(3);
            assertThat(vetoed.skippedExamples()).isEqualTo(5);
            assertThat(lines.warnings()).singleElement().asString().contains("the step filter vetoed it");
            assertThat(told.skipped)
                    .containsExactly(new SkippedWindow(
                            1,
                            0,
                            SkippedWindow.Reason.VETOED,
                            true,
                            3,
                            5,
                            asked.get(0).score()));
            assertThat(trainer.fit(batch).stepped()).isTrue();
        }
        type.fit(reference, batch);
        Tolerance.assertClose("parameters", network.params(), reference.params(), Tolerance.DOUBLE);
        Tolerance.assertClose("score", asked.get(0).score(), reference.score(), Tolerance.DOUBLE);
    }

    /** The norm is that which clipping finds. */
    @Test
    void theNormIsThereWithoutATransform() {
        double[] norms = new double[2];
        for (int i = 0; i < 2; i++) {
            var builder =
                    GradientAccumulationTrainer.builder(Nets.init(Nets.mlp())).microBatchSize(2);
            var filtered = i == 0
                    ? builder.stepFilter(asked::add)
                    : builder.gradientTransforms(new ClipGlobalNorm(Double.MAX_VALUE));
            try (var trainer = filtered.build()) {
                norms[i] = trainer.fit(Batches.mlp().get(2)).gradientNorm();
            }
        }
        Tolerance.assertClose("norm", norms[0], norms[1], Tolerance.DOUBLE);
        assertThat(asked.get(0).gradientNorm()).isEqualTo(norms[0]);
        assertThat(asked.get(0).stepped()).isTrue();
    }

    @Test
    void aFilterThatThrowsDiscardsTheWindow() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        Snapshot before = Snapshot.of(network);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .stepFilter(candidate -> {
                    throw new IllegalStateException("deliberate");
                })
                .build()) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> trainer.fit(Batches.mlp().get(0)))
                    .withMessage("deliberate");
            assertThat(trainer.isWindowOpen()).isFalse();
        }
        before.assertUnchanged(network);
    }

    private static List<Boolean> accepted(StepFilter filter, double... scores) {
        return DoubleStream.of(scores)
                .mapToObj(score -> filter.accepts(new StepReport(0, 0, 1, 1, score, Double.NaN, true, 0, 0, 1, 0)))
                .toList();
    }

    @Test
    void spikes() {
        // Mean of the last two taken: 2, 2, then 3 after 4; 6 is twice that and just passes.
        assertThat(accepted(StepFilter.scoreSpike(2, 2), 9, 1, 3, 4.1, 4, 7.1, 7))
                .containsExactly(true, true, true, false, true, false, true);
        assertThat(accepted(StepFilter.scoreSpike(2, 1), 1, Double.NaN, 5)).containsExactly(true, false, true);
        assertThat(accepted(StepFilter.scoreSpike(2, 1), -1, 5)).containsExactly(true, true);
    }

    /** A change that lasts is taken in the end. */
    @Test
    void afterAsManyVetoesAsItRemembersItStartsAnew() {
        assertThat(accepted(StepFilter.scoreSpike(2, 3), 1, 1, 1, 9, 9, 9, 9, 9, 9, 9))
                .containsExactly(true, true, true, false, false, false, true, true, true, true);
    }

    @Test
    void badSettings() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StepFilter.scoreSpike(1, 5))
                .withMessageContaining("the factor 1.0 and the window 5");
        assertThatIllegalArgumentException().isThrownBy(() -> StepFilter.scoreSpike(2, 0));
        var builder = GradientAccumulationTrainer.builder(Nets.init(Nets.mlp()));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.stepFilter(null));
    }
}
