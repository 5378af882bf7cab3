/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import org.deeplearning4j.earlystopping.scorecalc.ScoreCalculator;
import org.deeplearning4j.nn.api.Model;

/** Gives the first network the first score, the second the second, and so on. */
final class ScriptedScores<T extends Model> implements ScoreCalculator<T> {

    private static final long serialVersionUID = 1L;

    private final boolean minimize;
    private final double[] scores;
    private int next;

    private ScriptedScores(boolean minimize, double... scores) {
        this.minimize = minimize;
        this.scores = scores;
    }

    static <T extends Model> ScriptedScores<T> minimized(double... scores) {
        return new ScriptedScores<>(true, scores);
    }

    static <T extends Model> ScriptedScores<T> maximized(double... scores) {
        return new ScriptedScores<>(false, scores);
    }

    @Override
    public double calculateScore(T network) {
        return scores[next++];
    }

    @Override
    public boolean minimizeScore() {
        return minimize;
    }
}
