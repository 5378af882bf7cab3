/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.pass.TrainedNetwork;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Guards the calls of one trainer: one thread at a time, none beside it in the network, and nothing half-done left
 * behind. Other threads are refused, rather than left to wait or to interleave.
 */
final class TrainingGuard {

    private final TrainedNetwork network;
    private final AccumulationLoop loop;
    private final AtomicReference<@Nullable Thread> inside = new AtomicReference<>();
    private volatile boolean closed;

    TrainingGuard(TrainedNetwork network, AccumulationLoop loop) {
        this.network = network;
        this.loop = loop;
    }

    /** Runs one public call, holding the network's lock. */
    <T> T exclusively(Supplier<T> call) {
        enter();
        try {
            synchronized (network.monitor()) {
                return call.get();
            }
        } finally {
            inside.set(null);
        }
    }

    /**
     * Runs what may fail half-way: on failure the open window is discarded, and the user told in the trainer's words.
     * Layers keep no data in any case.
     */
    <T> T orDiscard(Supplier<T> work) {
        boolean done = false;
        try {
            T result = loop.failures().translating(work);
            done = true;
            return result;
        } finally {
            if (!done) {
                loop.discard();
            }
            network.clearLayers();
        }
    }

    /** Runs the last call. Every later one is refused, except this one, which then does nothing. */
    void close(Runnable work) {
        if (closed) {
            return;
        }
        enter();
        try {
            work.run();
            closed = true;
        } finally {
            inside.set(null);
        }
    }

    private void enter() {
        Thread current = Thread.currentThread();
        Thread other = inside.compareAndExchange(null, current);
        if (other != null) {
            throw new IllegalStateException(
                    other == current
                            ? "The trainer was called from within its own training (by a listener, an iterator, a"
                                    + " gradient transform or a schedule); return first"
                            : "The trainer is in use by thread '" + other.getName()
                                    + "'; one trainer serves one thread at a time");
        }
        if (closed) {
            inside.set(null);
            throw new IllegalStateException("The trainer is closed; build a new one to go on training");
        }
    }
}
