/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import io.github.gradacc.train.StepReport;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.deeplearning4j.earlystopping.termination.IterationTerminationCondition;
import org.jspecify.annotations.Nullable;

/** Asks the iteration conditions of one epoch, in order, once after each step; the first that holds ends training. */
final class IterationWatch implements Predicate<StepReport> {

    private final List<IterationTerminationCondition> conditions;
    private @Nullable IterationTerminationCondition met;
    private @Nullable RuntimeException failure;
    private int steps;

    IterationWatch(List<IterationTerminationCondition> conditions) {
        this.conditions = conditions;
    }

    @Override
    public boolean test(StepReport report) {
        steps++;
        return holdsFor(report.score());
    }

    /** Asks about a score. */
    boolean holdsFor(double score) {
        try {
            met = conditions.stream()
                    .filter(condition -> condition.terminate(score))
                    .findFirst()
                    .orElse(null);
        } catch (RuntimeException e) {
            failure = e;
            throw e;
        }
        return met != null;
    }

    /** Returns the condition that ended the epoch, if one did. */
    Optional<IterationTerminationCondition> met() {
        return Optional.ofNullable(met);
    }

    /** Tells whether it was a condition that threw this. */
    boolean threw(Exception e) {
        return failure == e;
    }

    int steps() {
        return steps;
    }
}
