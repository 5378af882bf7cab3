/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Hears that the process is about to end (Ctrl-C, SIGTERM, {@code System.exit}), and holds that up until the training
 * has been saved, for a minute at most. A training that takes longer to reach its next batch is gone on with from the
 * checkpoint before.
 */
final class StopSignal implements AutoCloseable {

    /** How long the process is held up. */
    static final long PATIENCE_SECONDS = 60;

    private static final long LOOK_MILLIS = 100;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread training = Thread.currentThread();
    private final Thread hook = new Thread(this::holdUp, "gradacc-checkpoint");
    private volatile boolean given;

    /** Starts to listen, for the calling thread. */
    StopSignal() {
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            given = true;
        }
    }

    /** Tells whether the process is about to end, or the calling thread was interrupted. */
    boolean isGiven() {
        return given || Thread.currentThread().isInterrupted();
    }

    private void holdUp() {
        given = true;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        try {
            while (System.nanoTime() < end && !isWaitingForUs() && !ended.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                // The training thread is on its way to the next batch.
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A listener may have called {@code System.exit}: the training thread then waits for this one. */
    private boolean isWaitingForUs() {
        return Arrays.stream(training.getStackTrace())
                .anyMatch(frame -> frame.getClassName().equals("java.lang.Shutdown"));
    }

    /** The training has ended. */
    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The hook is running, and was just told.
        }
    }
}
