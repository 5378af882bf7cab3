/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** A running {@link PeerProcess}, seen from the process that passes the turns. */
final class Player implements AutoCloseable {

    private final Seat seat;
    private final int threads;
    private final Process process;
    private final BufferedReader answers;
    private final PrintWriter turns;

    /**
     * Starts the process and waits until it is ready.
     *
     * @throws IllegalStateException if it ends before; it has written why to this process's error stream
     */
    Player(Seat seat, int threads, Task task) throws IOException {
        this.seat = seat;
        this.threads = threads;
        process = seat.process(threads, task).start();
        answers = process.inputReader(StandardCharsets.UTF_8);
        turns = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        answer();
    }

    /** Returns the milliseconds that one of the ways took, once. */
    double turn(int way) throws IOException {
        turns.println(way);
        return Double.parseDouble(answer());
    }

    private String answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IllegalStateException("The process of " + seat + " on " + threads
                    + " threads ended by itself; what it wrote to the error stream says why");
        }
        return line;
    }

    /** Lets the process end. */
    @Override
    public void close() {
        turns.close();
        process.destroy();
    }
}
