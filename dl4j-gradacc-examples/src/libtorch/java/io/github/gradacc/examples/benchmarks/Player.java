/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** A running {@link PeerProcess}, seen from the process that passes the turns. */
final class Player implements AutoCloseable {

    private final Contestant contestant;
    private final Process process;
    private final BufferedReader answers;
    private final PrintWriter turns;

    /** Starts the process. */
    Player(Contestant contestant, Task task) throws IOException {
        this.contestant = contestant;
        process = contestant.process(task).start();
        answers = process.inputReader(StandardCharsets.UTF_8);
        turns = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
    }

    /**
     * Waits until the process has prepared.
     *
     * @throws IllegalStateException if it ends before; it has written why to this process's error stream
     */
    void awaitReady() throws IOException {
        answer();
    }

    /** Returns the milliseconds that one turn took. */
    double turn() throws IOException {
        turns.println();
        return Double.parseDouble(answer());
    }

    private String answer() throws IOException {
        String line = answers.readLine();
        if (line == null) {
            throw new IllegalStateException("The process of " + contestant.title()
                    + " ended by itself; what it wrote to the error stream says why");
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
