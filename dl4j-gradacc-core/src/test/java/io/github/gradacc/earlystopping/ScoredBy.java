/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import java.util.function.ToDoubleFunction;
import org.deeplearning4j.earlystopping.scorecalc.ScoreCalculator;
import org.deeplearning4j.nn.api.Model;

/** A score by a function of the network, small ones better; for tests that do something at that moment. */
record ScoredBy<T extends Model>(ToDoubleFunction<T> function) implements ScoreCalculator<T> {
    @Override
    public double calculateScore(T network) {
        return function.applyAsDouble(network);
    }

    @Override
    public boolean minimizeScore() {
        return true;
    }
}
