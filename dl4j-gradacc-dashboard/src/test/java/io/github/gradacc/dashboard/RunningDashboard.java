/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dashboard;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The program in a thread of its own, told to stay. It ends when Enter is pressed, and at the latest when closed. */
final class RunningDashboard implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern ADDRESS = Pattern.compile("at (http://localhost:\\d+/train/overview)");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final PipedOutputStream keyboard = new PipedOutputStream();
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final Future<Integer> status;

    RunningDashboard(int epochs) throws IOException {
        PipedInputStream in = new PipedInputStream(keyboard);
        status = thread.submit(() -> Dashboard.run(
                new String[] {"--epochs=" + epochs, "--stay"},
                in,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8)));
    }

    /** Waits until the training has ended and the page stays; fails if the program ends instead. */
    void awaitTraining() throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!out().contains("press Enter")) {
            if (status.isDone() || System.nanoTime() > end) {
                throw new IllegalStateException("The page does not stay: " + out() + err());
            }
            Thread.sleep(20);
        }
    }

    URI address() {
        Matcher address = ADDRESS.matcher(out());
        if (!address.find()) {
            throw new IllegalStateException("No address: " + out() + err());
        }
        return URI.create(address.group(1));
    }

    /** The exit status. */
    int pressEnter() throws Exception {
        keyboard.write('\n');
        keyboard.flush();
        return status.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws Exception {
        keyboard.close();
        try {
            status.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } finally {
            thread.shutdownNow();
        }
    }
}
