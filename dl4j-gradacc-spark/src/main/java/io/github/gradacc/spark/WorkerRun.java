/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** One piece of work on another thread, which can be interrupted and then waited for. */
final class WorkerRun<T> implements Runnable {

    private final Callable<T> work;
    private final CountDownLatch ended = new CountDownLatch(1);
    private @Nullable Thread thread;
    private boolean isAskedToEnd;
    private @Nullable T result;
    private @Nullable Throwable failure;

    WorkerRun(Callable<T> work) {
        this.work = work;
    }

    @Override
    public void run() {
        begin();
        try {
            result = work.call();
        } catch (Throwable e) {
            failure = e;
        } finally {
            end();
            ended.countDown();
        }
    }

    private synchronized void begin() {
        thread = Thread.currentThread();
        if (isAskedToEnd) {
            thread.interrupt();
        }
    }

    private synchronized void end() {
        thread = null;
        // An interrupt that came too late is not for the next work.
        Thread.interrupted();
    }

    /** Asks the work to end, and returns when it has: its arrays must not be freed while it writes to them. */
    void interrupt() {
        boolean waiting = true;
        while (waiting) {
            synchronized (this) {
                isAskedToEnd = true;
                if (thread != null) {
                    thread.interrupt();
                }
            }
            try {
                ended.await();
                waiting = false;
            } catch (InterruptedException e) {
                // Whoever asked once more is answered by the same end.
            }
        }
    }

    /** Returns what the work returned, or throws what it threw. */
    T result() {
        Throwable thrown = failure;
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        T value = result;
        if (thrown != null || value == null) {
            throw new IllegalStateException("The work ended without a result", thrown);
        }
        return value;
    }
}
