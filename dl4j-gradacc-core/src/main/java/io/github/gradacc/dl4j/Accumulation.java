/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import org.apiguardian.api.API;

/** How what a layer leaves in the gradient array adds up over the micro-batches of a window. */
@API(status = API.Status.INTERNAL)
public enum Accumulation {
    /** Gradients are sums over examples. */
    SUM,

    /** A forward pass uses statistics of its batch, and the array holds updates of their moving averages. */
    MOVING_STATISTICS,

    /** The array holds updates of class centers, each divided by one more than the number of examples of its class. */
    CLASS_CENTERS
}
