/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The filter of {@link StepFilter#scoreSpike}. */
final class ScoreSpike implements StepFilter, Remembering {

    private final double factor;
    private final int window;
    private final Deque<Double> scores = new ArrayDeque<>();
    private int vetoes;

    ScoreSpike(double factor, int window) {
        if (!(factor > 1 && factor < Double.POSITIVE_INFINITY) || window < 1) {
            throw new IllegalArgumentException("scoreSpike needs a factor of more than 1 and a window of at least 1"
                    + " step, got the factor " + factor + " and the window " + window);
        }
        this.factor = factor;
        this.window = window;
    }

    @Override
    public boolean accepts(StepReport candidate) {
        if (isSpike(candidate.score())) {
            vetoes++;
            if (vetoes == window) {
                vetoes = 0;
                scores.clear();
            }
            return false;
        }
        vetoes = 0;
        scores.add(candidate.score());
        if (scores.size() > window) {
            scores.remove();
        }
        return true;
    }

    @Override
    public List<Double> memory() {
        List<Double> memory = new ArrayList<>(List.of((double) vetoes));
        memory.addAll(scores);
        return memory;
    }

    @Override
    public void recall(List<Double> memory) {
        vetoes = memory.get(0).intValue();
        scores.clear();
        scores.addAll(memory.subList(1, memory.size()));
    }

    private boolean isSpike(double score) {
        double mean = scores.stream().mapToDouble(Double::doubleValue).average().orElse(0);
        return scores.size() == window && mean > 0 && !(score <= factor * mean);
    }

    @Override
    public String toString() {
        return "scoreSpike(" + factor + ", " + window + ")";
    }
}
