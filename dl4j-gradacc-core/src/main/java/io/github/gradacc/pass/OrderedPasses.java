/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import java.util.Iterator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Hands out passes to several threads, each with a ticket, and adds their results in the order of the tickets.
 *
 * <p>The first failure in that order ends the run: no further pass is handed out, and the results of later passes are
 * dropped. A waiting thread cannot be interrupted, since another one is writing into arrays that it answers for; its
 * interrupt status is kept for whoever looks at it before the next pass. Since all wait for all, nothing that is thrown
 * may be missed, checked exceptions included. Thread-safe.
 */
final class OrderedPasses {

    private final Iterator<Pass> passes;
    private final WindowTotal total;
    private int handedOut;
    private int taken;
    private @Nullable Throwable failure;

    OrderedPasses(Iterator<Pass> passes, WindowTotal total) {
        this.passes = passes;
        this.total = total;
    }

    /** A pass with its place in the order. */
    record Ticket(int number, Pass pass) {}

    /**
     * Returns the next pass, or null if there is none or the run has failed. The arrays of earlier results may then be
     * overwritten: whoever asks is done with its last pass.
     */
    synchronized @Nullable Ticket next() {
        if (failure != null) {
            return null;
        }
        try {
            if (!passes.hasNext()) {
                return null;
            }
            total.settle();
            return new Ticket(handedOut++, passes.next());
        } catch (Throwable e) {
            fail(e);
            return null;
        }
    }

    /** Makes passes, starting with the given one, until there is none left. */
    void takeAll(@Nullable Ticket first, Function<Pass, PassResult> work) {
        for (Ticket ticket = first; ticket != null; ticket = next()) {
            take(ticket, work);
        }
    }

    private void take(Ticket ticket, Function<Pass, PassResult> work) {
        PassResult result;
        try {
            result = work.apply(ticket.pass());
        } catch (Throwable e) {
            inOrder(ticket, () -> {
                // The pass before may have left a gradient that is not finite, which came first.
                total.settle();
                fail(e);
            });
            return;
        }
        inOrder(ticket, () -> {
            total.settle();
            total.add(result);
        });
    }

    private synchronized void inOrder(Ticket ticket, Runnable action) {
        await(ticket);
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

    private void await(Ticket ticket) {
        boolean interrupted = false;
        while (taken != ticket.number() && failure == null) {
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
