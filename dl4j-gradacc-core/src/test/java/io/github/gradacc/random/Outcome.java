/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

/** What came of a plan that was trained both ways. */
record Outcome(Kind kind, String message) {

    /** The verdict. */
    enum Kind {
        /** Equal to 1e-12. */
        SAME,
        /** Within what another order of the same examples changes natively, where the network magnifies rounding. */
        ROUNDING,
        /**
         * Another order of the same examples changes native training itself by more than rounding can tell apart: a
         * gradient is zero but for rounding, and the updater goes by its sign.
         */
        UNSTABLE,
        /** Not equal. */
        DIFFERENT,
        /** Native training fails. */
        IMPOSSIBLE
    }
}
