/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.pass.GeneratorState;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.apiguardian.api.API;

/** A training that can be saved to a file and put back to where it was. Whoever calls holds no window of it open. */
@API(status = API.Status.INTERNAL)
public interface SavableTraining {

    /** Returns the number of steps taken. */
    int iteration();

    /**
     * Saves the training, between two batches or epochs.
     *
     * @param file where to
     * @param moment where the random generator was
     * @param notes kept with it, and returned by {@link #restore}
     * @throws java.io.UncheckedIOException if it cannot be written; a file that was there stays
     */
    void save(Path file, Moment moment, Map<String, String> notes);

    /**
     * Goes on where a training was saved.
     *
     * @param file the file
     * @param accept given the notes before anything is changed; what it throws ends the call
     * @return the notes, and where the random generator was, into which this thread's was put
     * @throws java.io.UncheckedIOException if the file cannot be read; its cause is a {@code DamagedFileException} if
     *     it is not what was written
     * @throws IllegalArgumentException if it is of another training; nothing is changed then
     */
    Restored restore(Path file, Consumer<Map<String, String>> accept);

    /** Where the random generator of the calling thread is; to be handed back, no more. */
    record Moment(GeneratorState generator) {

        /** Notes where it is now. */
        public static Moment now() {
            return new Moment(GeneratorState.ofThisThread());
        }
    }

    /**
     * What else was in a file.
     *
     * @param notes of whoever saved
     * @param moment where the random generator was
     */
    record Restored(Map<String, String> notes, Moment moment) {

        /** Puts the random generator of the calling thread there. */
        public void continueGenerator() {
            moment.generator().putIntoThisThread();
        }
    }
}
