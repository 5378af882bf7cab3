/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

/** What is said of a plan that failed. */
final class Failure {

    private Failure() {}

    /** The seed, the plan, what happened, and the smallest plan with which it still happens, in words and as JSON. */
    static String describe(Plan plan, Outcome outcome, Trial trial) {
        Plan smallest = new Shrinker(it -> trial.run(it).kind() == outcome.kind()).shrink(plan);
        return "seed " + plan.seed() + ": " + outcome + "\n  " + plan + "\n  shrunk to " + smallest + "\n  "
                + trial.run(smallest) + "\n  " + smallest.json();
    }
}
