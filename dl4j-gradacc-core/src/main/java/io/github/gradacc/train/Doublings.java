/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/** Counts, and picks the first, second, fourth, eighth... time: what is told as often does not flood a log. */
final class Doublings {

    private long count;

    /** Counts one more, and tells whether it is one of them. */
    boolean isNext() {
        count++;
        return Long.bitCount(count) == 1;
    }

    long count() {
        return count;
    }
}
