/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A way to train, in the process of a library.
 *
 * @param seat the process
 * @param threads its number of native threads
 * @param number the way's place among the ways of the process
 * @param way its name
 */
record Contestant(Seat seat, int threads, int number, String way) {

    /** All in one process. */
    static List<Contestant> of(Seat seat, int threads) {
        List<String> ways = seat.ways(threads);
        return IntStream.range(0, ways.size())
                .mapToObj(number -> new Contestant(seat, threads, number, ways.get(number)))
                .toList();
    }

    /** A heading of the table. */
    String title() {
        String name = switch (way) {
            case "NATIVE_WHOLE" -> "native";
            case "TRAINER_1" -> "p(1)";
            case "TRAINER_2" -> "p(2)";
            case "ONEDNN_WHOLE" -> "oneDNN native";
            case "ONEDNN_1" -> "oneDNN p(1)";
            case "ONEDNN_2" -> "oneDNN p(2)";
            default -> "libtorch";
        };
        return name + (threads == 1 ? ", 1 thread" : ", " + threads + " threads");
    }

    /** Whether the trainer accumulates. */
    boolean isTrainer() {
        return seat != Seat.LIBTORCH && !way.endsWith("WHOLE");
    }
}
