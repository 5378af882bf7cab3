/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.store.Csv;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/**
 * How the score went as the learning rate grew. Made by {@link LearningRateFinder}.
 *
 * @param points in the order of the steps, at least one
 * @param diverged whether the search ended because the score diverged, or a gradient was not finite; the last point may
 *     then be no longer finite
 */
public record LearningRateReport(List<Point> points, boolean diverged) {

    /** The first points have few before them to be smoothed with: this share of them is not looked at. */
    private static final int WARM_UP = 10;

    /** Copies the list. */
    public LearningRateReport {
        points = List.copyOf(points);
        if (points.isEmpty()) {
            throw new IllegalArgumentException("A report has at least one point, got none");
        }
    }

    /**
     * One step of the search.
     *
     * @param rate the learning rate of the step
     * @param score of its window before the step, regularization included
     * @param smoothed the average of the scores so far, corrected for its start
     */
    public record Point(double rate, double score, double smoothed) {}

    /**
     * Returns the rate at which the smoothed score falls fastest over the logarithm of the rate: the steepest of the
     * central differences, up to the least smoothed score and without the first tenth of the points. Empty where it
     * falls nowhere.
     */
    public OptionalDouble suggestedRate() {
        int start = Math.max(1, points.size() / WARM_UP);
        return IntStream.range(start, least())
                .filter(i -> slope(i) < 0)
                .boxed()
                .min((a, b) -> Double.compare(slope(a), slope(b)))
                .map(i -> OptionalDouble.of(points.get(i).rate()))
                .orElse(OptionalDouble.empty());
    }

    /** The index of the least smoothed score; there is a point behind it, or it is the last. */
    private int least() {
        int least = 0;
        for (int i = 1; i < points.size(); i++) {
            least = points.get(i).smoothed() < points.get(least).smoothed() ? i : least;
        }
        return least;
    }

    private double slope(int i) {
        Point before = points.get(i - 1);
        Point after = points.get(i + 1);
        return (after.smoothed() - before.smoothed()) / Math.log(after.rate() / before.rate());
    }

    /** Returns a table as text: a line of headings, then a line for each point. */
    public String table() {
        StringBuilder table = new StringBuilder("%11s %11s %11s".formatted("rate", "score", "smoothed"))
                .append(System.lineSeparator());
        for (Point point : points) {
            table.append(String.format(
                            Locale.ROOT, "%11.3g %11.4g %11.4g", point.rate(), point.score(), point.smoothed()))
                    .append(System.lineSeparator());
        }
        return table.toString();
    }

    /**
     * Tells whether the smoothed score falls by less than twice the noise of single scores, up to the least. The
     * suggested rate then follows the batches more than the rate: take larger windows, or more smoothing. The noise is
     * the standard deviation that independent deviations from a straight line would have, {@code sqrt(mean d^2 / 6)}
     * with {@code d = score_(i+1) - 2 score_i + score_(i-1)}.
     */
    public boolean isNoisy() {
        int start = Math.max(1, points.size() / WARM_UP);
        double noise = Math.sqrt(IntStream.range(start, least())
                        .mapToDouble(this::bend)
                        .map(bend -> bend * bend)
                        .average()
                        .orElse(0)
                / 6);
        double fall = points.get(Math.min(start, least())).smoothed()
                - points.get(least()).smoothed();
        return fall < 2 * noise;
    }

    private double bend(int i) {
        return points.get(i + 1).score()
                - 2 * points.get(i).score()
                + points.get(i - 1).score();
    }

    /** Says in one line what was found. */
    public String conclusion() {
        Point last = points.get(points.size() - 1);
        String end = diverged
                ? String.format(Locale.ROOT, "the score diverged near a rate of %.2g", last.rate())
                : String.format(Locale.ROOT, "the score did not diverge up to a rate of %.2g", last.rate());
        String doubt = isNoisy()
                ? "; the scores swing as much as they fall: look at the picture, or search with larger windows"
                : "";
        return suggestedRate().isPresent()
                ? String.format(
                                Locale.ROOT,
                                "Suggested learning rate: %.2g; ",
                                suggestedRate().getAsDouble())
                        + end
                        + doubt
                : "No learning rate can be suggested, the smoothed score falls nowhere; " + end;
    }

    /**
     * Writes all points as CSV (RFC 4180: lines end with CR LF, fields are quoted): a line of column names, then a line
     * for each point.
     *
     * @param target a writer or builder, not closed
     */
    public void toCsv(Appendable target) throws IOException {
        Csv.write(
                List.of("rate", "score", "smoothed"),
                points.stream()
                        .map(point -> List.of(
                                String.valueOf(point.rate()),
                                String.valueOf(point.score()),
                                String.valueOf(point.smoothed())))
                        .toList(),
                target);
    }

    /**
     * Draws score and smoothed score over the logarithm of the rate, and a line at the suggested rate. What rises far
     * above the first score is cut off at the upper edge. Drawn with what the JDK has (module {@code java.desktop}),
     * without a display.
     *
     * @param file where to write the PNG; replaced if it exists
     */
    public void toPng(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            ImageIO.write(LearningRatePicture.of(this), "png", out);
        }
    }

    /** Returns the table and the conclusion. */
    @Override
    public String toString() {
        return table() + conclusion();
    }
}
