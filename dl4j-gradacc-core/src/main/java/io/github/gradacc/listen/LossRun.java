/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import java.util.ArrayList;
import java.util.List;

/** The scores of one training, step by step. */
final class LossRun {

    private final String name;
    private final List<Point> points = new ArrayList<>();

    LossRun(String name) {
        this.name = name;
    }

    /**
     * One step.
     *
     * @param step number of steps of this run so far, from 1
     * @param examples number of examples of all these steps
     * @param score of the step; may be NaN or infinite
     */
    record Point(int step, long examples, double score) {}

    String name() {
        return name;
    }

    void add(long examplesOfStep, double score) {
        long before = points.isEmpty() ? 0 : points.get(points.size() - 1).examples();
        points.add(new Point(points.size() + 1, before + examplesOfStep, score));
    }

    /** Returns all points, not a copy. */
    List<Point> points() {
        return points;
    }

    /**
     * Returns the points to draw: all of them, or the lowest and the highest of each of as many stretches as fit, so
     * that no spike is lost. What is not finite cannot be drawn and is left out.
     *
     * @param most how many at most, at least 2
     */
    List<Point> drawn(int most) {
        List<Point> finite =
                points.stream().filter(point -> Double.isFinite(point.score())).toList();
        if (finite.size() <= most) {
            return finite;
        }
        int stretches = most / 2;
        List<Point> kept = new ArrayList<>();
        for (int i = 0; i < stretches; i++) {
            int from = (int) ((long) finite.size() * i / stretches);
            int to = (int) ((long) finite.size() * (i + 1) / stretches);
            addExtremes(finite.subList(from, to), kept);
        }
        return kept;
    }

    private static void addExtremes(List<Point> stretch, List<Point> kept) {
        Point low = stretch.get(0);
        Point high = stretch.get(0);
        for (Point point : stretch) {
            low = point.score() < low.score() ? point : low;
            high = point.score() > high.score() ? point : high;
        }
        kept.add(low.step() <= high.step() ? low : high);
        if (low.step() != high.step()) {
            kept.add(low.step() < high.step() ? high : low);
        }
    }
}
