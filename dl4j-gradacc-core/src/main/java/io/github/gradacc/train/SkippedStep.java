/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.train.SkippedWindow.Reason;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A step is not taken, and training goes on. Never leaves the loop, so it has no stack trace. */
final class SkippedStep extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Reason reason;
    private final @Nullable NonFiniteGradientException bad;
    private final transient @Nullable StepReport vetoed;

    private SkippedStep(
            Reason reason, String message, @Nullable NonFiniteGradientException bad, @Nullable StepReport vetoed) {
        super(message, null, false, false);
        this.reason = reason;
        this.bad = bad;
        this.vetoed = vetoed;
    }

    /** A gradient was not finite. */
    static SkippedStep notFinite(Reason reason, NonFiniteGradientException bad) {
        return new SkippedStep(reason, "not finite", bad, null);
    }

    /** The user's filter said no. */
    static SkippedStep vetoed(StepReport candidate) {
        return new SkippedStep(Reason.VETOED, "vetoed", null, candidate);
    }

    Reason reason() {
        return reason;
    }

    /** Returns what would have been thrown; nothing after a veto. */
    Optional<NonFiniteGradientException> bad() {
        return Optional.ofNullable(bad);
    }

    /** Returns the score of the micro-batch that was found, or of the window that was vetoed. */
    double score() {
        return bad != null ? bad.score() : reportedScore();
    }

    /** Returns the score of the window if it has one, otherwise NaN. */
    double reportedScore() {
        return vetoed == null ? Double.NaN : vetoed.score();
    }

    /** Returns the norm of the window's gradient if it was found, otherwise NaN. */
    double reportedNorm() {
        return vetoed == null ? Double.NaN : vetoed.gradientNorm();
    }

    /** Tells whether later time segments are dropped, too: their recurrent states come from what was bad. */
    boolean endsWindow() {
        return reason == Reason.NOT_FINITE;
    }
}
