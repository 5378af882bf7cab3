/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import java.util.Iterator;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Hands out passes to several threads and takes their results in the order in which the passes were handed out.
 *
 * <p>The first failure in that order ends the run: no further pass is handed out, and the results of later passes are
 * dropped. A waiting thread cannot be interrupted, since another one is writing into arrays that it answers for; its
 * interrupt status is kept for whoever looks at it before the next pass. Since all wait for all, nothing that is thrown may
 * be missed, checked exceptions included. Thread-safe.
 */
final class Turns {

    private final Iterator<Pass> passes;
    private final Consumer<PassResult> taker;
    private int handedOut;
    private int taken;
    private @Nullable Throwable failure;

    Turns(Iterator<Pass> passes, Consumer<PassResult> taker) {
        this.passes = passes;
        this.taker = taker;
    }

    /** A pass with its place in the order. */
    record Turn(int number, Pass pass) {}

    /** Returns the next pass, or null if there is none or the run has failed. */
    synchronized @Nullable Turn next() {
        if (failure != null) {
            return null;
        }
        try {
            return passes.hasNext() ? new Turn(handedOut++, passes.next()) : null;
        } catch (Throwable e) {
            fail(e);
            return null;
        }
    }

    /** Makes passes, starting with the given one, until there is none left. */
    void takeAll(@Nullable Turn first, Function<Pass, PassResult> work) {
        for (Turn turn = first; turn != null; turn = next()) {
            take(turn, work);
        }
    }

    private void take(Turn turn, Function<Pass, PassResult> work) {
        PassResult result;
        try {
            result = work.apply(turn.pass());
        } catch (Throwable e) {
            inOrder(turn, () -> fail(e));
            return;
        }
        inOrder(turn, () -> taker.accept(result));
    }

    private synchronized void inOrder(Turn turn, Runnable action) {
        await(turn);
        if (failure == null) {
            try {
                action.run();
            } catch (Throwable e) {
                fail(e);
            }
        }
        taken++;
        notifyAll();
    }

    private void await(Turn turn) {
        boolean interrupted = false;
        while (taken != turn.number() && failure == null) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the run, if it has not failed before. */
    synchronized void fail(Throwable thrown) {
        if (failure == null) {
            failure = thrown;
        }
        notifyAll();
    }

    /**
     * Throws what ended the run, if it failed.
     *
     * @param <E> whatever was thrown: languages without checked exceptions throw any kind from anywhere
     */
    @SuppressWarnings("unchecked")
    synchronized <E extends Throwable> void rethrow() throws E {
        if (failure != null) {
            throw (E) failure;
        }
    }
}
