/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/**
 * Training ended because its thread was interrupted. The interrupt status of the thread is kept, the window that was
 * open is discarded, and the network is as after the last step.
 */
public final class TrainingInterruptedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    TrainingInterruptedException(String message) {
        super(message);
    }
}
