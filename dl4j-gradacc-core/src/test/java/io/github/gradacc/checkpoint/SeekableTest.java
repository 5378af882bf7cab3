/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.dataset.DataSet;

class SeekableTest {

    private static final Job JOB = Job.CARRY;

    @TempDir
    private Path directory;

    /** Goes to a batch by the number of resets. */
    private static class Seeking extends Shuffled implements Seekable {

        private static final long serialVersionUID = 1L;

        private final transient List<DataSet> inOrder;

        Seeking(List<DataSet> batches) {
            super(batches, 17, false);
            inOrder = List.copyOf(batches);
        }

        @Override
        public void seek(int epoch, long batch) {
            batches.clear();
            batches.addAll(inOrder);
            for (int i = 0; i < epoch; i++) {
                reset();
            }
            position = (int) batch;
        }
    }

    @Test
    void itIsAskedInPlaceOfBeingSkipped() {
        Outcome expected = JOB.undisturbed(Job.EPOCHS);
        for (int stop : new int[] {3, 8, 16, 21}) {
            CheckpointedTraining training =
                    CheckpointedTraining.in(directory.resolve("stop" + stop)).everySteps(1);
            assertThatThrownBy(() -> JOB.fit(training, JOB.data(false).failingAt(stop), Job.EPOCHS))
                    .hasMessageContaining("as if killed");
            Seeking data = new Seeking(JOB.data(false).batches);
            // In place of one job's own iterator type: the job wraps nothing for layers.
            assertThat(Outcome.of(JOB.fit(training, data, Job.EPOCHS))).isEqualTo(expected);
            assertThat(data.taken())
                    .as("the batches since the last checkpoint, and one to compare")
                    .isBetween(3 * 8 - stop, 3 * 8 - stop + 3);
        }
    }

    @Test
    void aWrongPlaceIsFoundOut() {
        CheckpointedTraining training = CheckpointedTraining.in(directory).everySteps(1);
        assertThatThrownBy(() -> JOB.fit(training, JOB.data(false).failingAt(6), 1))
                .hasMessageContaining("as if killed");
        Seeking wrong = new Seeking(JOB.data(false).batches) {

            private static final long serialVersionUID = 1L;

            @Override
            public void seek(int epoch, long batch) {
                super.seek(epoch, batch + 1);
            }
        };
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JOB.fit(training, wrong, 1))
                .withMessageContaining("other batches");
    }
}
