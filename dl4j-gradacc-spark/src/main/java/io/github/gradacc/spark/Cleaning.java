/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frees what Spark holds. Its calls wait for executors: an interrupt, which is meant for the training, would end them,
 * and be used up by that; and what they throw when the context is gone would hide why it is.
 */
final class Cleaning {

    private static final Logger log = LoggerFactory.getLogger(Cleaning.class);

    private Cleaning() {}

    /** Frees, or logs that it could not. An interrupt stays. */
    static void up(Runnable freeing) {
        boolean isInterrupted = Thread.interrupted();
        try {
            freeing.run();
        } catch (Exception e) {
            // Spark throws InterruptedException without declaring it.
            isInterrupted |= e instanceof InterruptedException;
            log.warn("Spark could not free the memory of a step ({}); it does when the context ends", e.toString());
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
