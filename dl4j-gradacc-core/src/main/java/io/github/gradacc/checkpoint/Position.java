/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where in its data a training is.
 *
 * @param epoch epochs completed in this training
 * @param used batches used in the epoch
 * @param firstOfAll the {@link BatchPrint} of the first batch of the training, if there was one
 * @param firstOfEpoch that of the first batch of the epoch, if there was one
 * @param last that of the batch used last in the epoch, if it is known
 */
record Position(
        int epoch, long used, Optional<String> firstOfAll, Optional<String> firstOfEpoch, Optional<String> last) {

    static final Position START = new Position(0, 0, Optional.empty(), Optional.empty(), Optional.empty());

    /** Returns the start of the next epoch. */
    Position nextEpoch() {
        return new Position(epoch + 1, 0, firstOfAll, Optional.empty(), Optional.empty());
    }

    Map<String, String> toNotes() {
        Map<String, String> notes = new TreeMap<>();
        notes.put("epoch", String.valueOf(epoch));
        notes.put("batches", String.valueOf(used));
        firstOfAll.ifPresent(print -> notes.put("firstOfAll", print));
        firstOfEpoch.ifPresent(print -> notes.put("firstOfEpoch", print));
        last.ifPresent(print -> notes.put("last", print));
        return notes;
    }

    /** @throws IllegalArgumentException if the notes are not those of a position */
    static Position of(Map<String, String> notes) {
        if (!notes.containsKey("epoch") || !notes.containsKey("batches")) {
            throw new IllegalArgumentException("It was saved by trainer.save(file), which knows nothing of an iterator:"
                    + " go on with it by trainer.restore(file)");
        }
        return new Position(
                Integer.parseInt(notes.get("epoch")),
                Long.parseLong(notes.get("batches")),
                Optional.ofNullable(notes.get("firstOfAll")),
                Optional.ofNullable(notes.get("firstOfEpoch")),
                Optional.ofNullable(notes.get("last")));
    }
}
