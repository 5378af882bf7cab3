/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import java.util.Optional;
import java.util.function.Predicate;

/** Makes a plan that fails smaller, one thing at a time, as long as it still fails. */
final class Shrinker {

    /** Trials of one plan; a limit for plans that take long. */
    private static final int MOST_TRIALS = 400;

    private final Predicate<Plan> fails;
    private int trials;

    Shrinker(Predicate<Plan> fails) {
        this.fails = fails;
    }

    /** The smallest plan on the way that still fails; no plan that is simpler by one thing does. */
    Plan shrink(Plan failing) {
        Plan smallest = failing;
        for (Optional<Plan> next = smaller(smallest); next.isPresent(); next = smaller(smallest)) {
            smallest = next.get();
        }
        return smallest;
    }

    private Optional<Plan> smaller(Plan plan) {
        return plan.simpler()
                .takeWhile(it -> trials++ < MOST_TRIALS)
                .filter(fails)
                .findFirst();
    }
}
