/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import org.apiguardian.api.API;

/** How moving statistics move in a window of several micro-batches. */
@API(status = API.Status.INTERNAL)
public enum StatisticsPolicy {
    /** By one update from the whole window. */
    POOLED,

    /** By one update per micro-batch, in order. */
    SEQUENTIAL
}
