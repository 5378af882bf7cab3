/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.util.Map;

/**
 * Where a training is in its epochs.
 *
 * @param epoch epochs completed, by all runs of the program together
 * @param windows windows used in the epoch
 */
record Place(int epoch, int windows) {

    static final Place START = new Place(0, 0);

    private static final String EPOCH = "epoch";
    private static final String WINDOWS = "windows";

    Place nextWindow() {
        return new Place(epoch, windows + 1);
    }

    Place nextEpoch() {
        return new Place(epoch + 1, 0);
    }

    Map<String, String> toNotes() {
        return Map.of(EPOCH, String.valueOf(epoch), WINDOWS, String.valueOf(windows));
    }

    /** @throws NumberFormatException if the notes are not those of a place */
    static Place of(Map<String, String> notes) {
        return new Place(
                Integer.parseInt(notes.getOrDefault(EPOCH, "")), Integer.parseInt(notes.getOrDefault(WINDOWS, "")));
    }
}
