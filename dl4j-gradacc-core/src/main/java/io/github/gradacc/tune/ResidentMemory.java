/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.tune;

import org.bytedeco.javacpp.Pointer;

/**
 * The largest resident memory of the process from when this is opened until it is closed, looked at every millisecond
 * or two by a thread of its own. It is what JavaCPP's {@code maxphysicalbytes} and the limits of containers count: the
 * Java heap as far as it was touched, everything off the heap, the libraries.
 */
final class ResidentMemory implements AutoCloseable {

    private final Thread sampler = new Thread(this::sample, "gradacc-memory");
    private volatile boolean isOver;
    private volatile long peak = now();

    ResidentMemory() {
        sampler.setDaemon(true);
        sampler.start();
    }

    static long now() {
        return Pointer.physicalBytes();
    }

    private void sample() {
        while (!isOver) {
            peak = Math.max(peak, now());
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Returns the largest so far, in bytes; 0 where JavaCPP cannot tell. */
    long peak() {
        return peak;
    }

    @Override
    public void close() {
        isOver = true;
        boolean interrupted = false;
        while (sampler.isAlive()) {
            try {
                sampler.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
