/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings an iterator to where a training stopped.
 *
 * <pre>
 *   read the first batch of all: it must be the one from which the training began
 *   reset once for each epoch completed
 *   read the batches that were used: the first and the last must be the same as then
 * </pre>
 *
 * <p>In epoch 0 the first batch of all is the first of those that were used.
 */
final class Positioning {

    private static final Logger log = LoggerFactory.getLogger(Positioning.class);

    private final MultiDataSetIterator iterator;
    private final @Nullable Seekable seekable;

    Positioning(MultiDataSetIterator iterator, @Nullable Seekable seekable) {
        this.iterator = iterator;
        this.seekable = seekable;
    }

    /**
     * Makes the batch after those that were used the next one.
     *
     * @throws IllegalArgumentException if the iterator yields other batches than it did
     */
    void moveTo(Position position) {
        if (position.firstOfAll().isEmpty()) {
            return;
        }
        long start = System.nanoTime();
        if (seekable != null) {
            seek(seekable, position);
        } else {
            skip(position);
        }
        log.info(
                "{} {} batches of epoch {} in {} ms",
                seekable == null ? "Skipped" : "Went straight past",
                position.used(),
                position.epoch(),
                (System.nanoTime() - start) / 1_000_000);
    }

    /** To the batch before, if there is one, which shows whether it is the right place. */
    private void seek(Seekable direct, Position position) {
        if (position.used() == 0) {
            direct.seek(position.epoch(), 0);
            return;
        }
        direct.seek(position.epoch(), position.used() - 1);
        requireSame(position.last(), next(position), position, position.used());
    }

    private void skip(Position position) {
        long read = 1;
        MultiDataSet batch = readFirst(position);
        for (int epoch = 0; epoch < position.epoch(); epoch++) {
            iterator.reset();
            read = 0;
        }
        if (read > 0 && position.used() == 1) {
            requireSame(position.last(), batch, position, 1);
        }
        while (read < position.used()) {
            batch = next(position);
            read++;
            if (read == 1) {
                requireSame(position.firstOfEpoch(), batch, position, 1);
            }
            if (read == position.used()) {
                requireSame(position.last(), batch, position, read);
            }
        }
    }

    /** An iterator that was used before, in the same process, is reset if that helps. */
    private MultiDataSet readFirst(Position position) {
        Position first = Position.START;
        if (!iterator.hasNext() && iterator.resetSupported()) {
            iterator.reset();
        }
        MultiDataSet batch = next(first);
        if (!BatchPrint.of(batch).equals(position.firstOfAll().orElseThrow()) && iterator.resetSupported()) {
            iterator.reset();
            batch = next(first);
        }
        requireSame(position.firstOfAll(), batch, first, 1);
        return batch;
    }

    private MultiDataSet next(Position position) {
        if (!iterator.hasNext()) {
            throw other("it ends before batch " + position.used() + " of epoch " + position.epoch());
        }
        return iterator.next();
    }

    private static void requireSame(Optional<String> print, MultiDataSet batch, Position position, long number) {
        if (print.isPresent() && !print.get().equals(BatchPrint.of(batch))) {
            throw other("batch " + number + " (the first is 1) of epoch " + position.epoch()
                    + " (the first is 0) is not the same");
        }
    }

    private static IllegalArgumentException other(String what) {
        return new IllegalArgumentException("The iterator yields other batches than before the training was stopped: "
                + what + ". Give its shuffling a fixed seed, make the iterator anew in each run, and see that nothing"
                + " changes its data in place (a preprocessor that is applied to the same arrays in each epoch does)."
                + " If its order depends on more than the number of resets, let it implement Seekable. To begin"
                + " anew, use another directory");
    }
}
