/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.io.Serializable;
import org.apiguardian.api.API;

/**
 * The loss of some examples, without regularization.
 *
 * @param examples number of examples
 * @param weighted for outputs that report means: the sum over the examples
 * @param summed for outputs that report sums: the sum over the examples
 */
@API(status = API.Status.INTERNAL)
public record ShareScore(long examples, double weighted, double summed) implements Serializable {

    /** Of no example. */
    public static final ShareScore NONE = new ShareScore(0, 0, 0);

    /** Adds that of other examples. */
    public ShareScore plus(ShareScore other) {
        return new ShareScore(examples + other.examples, weighted + other.weighted, summed + other.summed);
    }

    /** Returns the loss as a network reports it for all of them as one batch. */
    public double loss() {
        return weighted / examples + summed;
    }
}
