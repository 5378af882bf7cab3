/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Lets one call at a time into a trainer and refuses the others, rather than letting them wait or interleave. */
final class SingleThread {

    private final AtomicReference<@Nullable Thread> inside = new AtomicReference<>();
    private volatile boolean closed;

    /** Marks the trainer as in use until the result is closed. */
    Use enter() {
        Thread current = Thread.currentThread();
        Thread other = inside.compareAndExchange(null, current);
        if (other != null) {
            throw new IllegalStateException(
                    other == current
                            ? "The trainer was called from within its own training (by a listener, an iterator or a"
                                    + " schedule); return first"
                            : "The trainer is in use by thread '" + other.getName()
                                    + "'; one trainer serves one thread at a time");
        }
        if (closed) {
            inside.set(null);
            throw new IllegalStateException("The trainer is closed; build a new one to go on training");
        }
        return () -> inside.set(null);
    }

    boolean isClosed() {
        return closed;
    }

    /** Refuses every later call. */
    void close() {
        closed = true;
    }

    /** The time between entering and leaving. */
    interface Use extends AutoCloseable {
        @Override
        void close();
    }
}
