/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.nd4j.linalg.learning.config.Sgd;
import picocli.CommandLine.Command;

/**
 * What a learning rate does. On y = 4 x^2 a step of gradient descent multiplies x by 1 - 8 rate, so x
 *
 * <pre>
 *   rate below 1/8       creeps towards 0 from one side
 *   rate near 1/8        is there at once
 *   rate below 1/4       jumps over 0 in each step, and still comes closer
 *   rate 1/4             jumps between 2 and -2 for ever
 *   rate above 1/4       jumps farther in each step
 * </pre>
 */
@Command(description = "y = 4 x^2 by gradient descent at ten learning rates, four that are too large, and a network.")
final class LearningRateSweep extends Experiment {

    static final int STEPS = 20;

    /** Ten from 0.01 to 0.2, evenly. */
    static final List<Double> RATES =
            IntStream.range(0, 10).mapToObj(i -> 0.01 + i * 0.19 / 9).toList();

    static final List<Double> TOO_LARGE = List.of(0.24, 0.25, 0.26, 0.3);

    /** Where a step lands on the other side as far from 0 as it was before. */
    private static final double LIMIT = 2 / Parabola.CURVATURE;

    /** A power of 20 and its root, in DOUBLE. */
    private static final double ROUNDING = 1e-12;

    /** What the charts show: y from this, and x as far as that. */
    private static final double LEAST = 1e-6;

    private static final double MOST = 12;

    /** A rate and where it led: x at the start and after each step. */
    record Descent(double rate, List<Double> xs) {

        double end() {
            return Parabola.y(xs.get(xs.size() - 1));
        }

        /** What a step multiplied x by, without its sign, on average. */
        double factor() {
            return Math.pow(Math.abs(xs.get(xs.size() - 1) / xs.get(0)), 1.0 / (xs.size() - 1));
        }

        List<Double> ys() {
            return xs.stream().map(Parabola::y).toList();
        }
    }

    @Override
    List<Expectation> run(Paper paper) throws IOException {
        List<Descent> descents = Stream.concat(RATES.stream(), TOO_LARGE.stream())
                .map(rate -> new Descent(rate, Parabola.descend(new Sgd(rate), STEPS)))
                .toList();
        paper.print(table(descents));
        paper.draw(asked(descents), tooLarge(descents));
        List<Expectation> all = new ArrayList<>(expectations(descents));
        all.addAll(new NetworkRate().run(paper));
        return all;
    }

    private static Table table(List<Descent> descents) {
        Table table = new Table("learning rate", "x after 1", "x after 2", "x after 20", "y after 20", "factor");
        for (Descent descent : descents) {
            table.row(
                    Table.number("%.4f", descent.rate()),
                    Table.number("%.3f", descent.xs().get(1)),
                    Table.number("%.3f", descent.xs().get(2)),
                    Table.number("%.1e", descent.xs().get(STEPS)),
                    Table.number("%.1e", descent.end()),
                    Table.number("%.4f", descent.factor()));
        }
        return table;
    }

    /** What theory says about these descents. */
    static List<Expectation> expectations(List<Descent> descents) {
        List<Expectation> expectations = new ArrayList<>();
        double largest = descents.stream()
                .mapToDouble(it -> Math.abs(it.factor() - Math.abs(1 - Parabola.CURVATURE * it.rate())))
                .max()
                .orElse(Double.NaN);
        expectations.add(Expectation.atMost("distance of a step's factor from |1 - 8 rate|", largest, ROUNDING));
        double worst =
                below(descents).stream().mapToDouble(Descent::factor).max().orElse(Double.NaN);
        expectations.add(
                Expectation.atMost("largest factor of a step below a rate of 0.25, where y falls", worst, 0.99));
        double best = below(descents).stream()
                .min(Comparator.comparingDouble(Descent::end))
                .map(Descent::rate)
                .orElse(Double.NaN);
        expectations.add(Expectation.between("best rate, near 1/8", best, 0.11, 0.14));
        double least = descents.stream()
                .filter(it -> it.rate() > LIMIT)
                .mapToDouble(Descent::factor)
                .min()
                .orElse(Double.NaN);
        expectations.add(
                Expectation.atLeast("least factor of a step above a rate of 0.25, where y grows", least, 1.01));
        return expectations;
    }

    private static List<Descent> below(List<Descent> descents) {
        return descents.stream().filter(it -> it.rate() < LIMIT).toList();
    }

    private static XYChart asked(List<Descent> descents) {
        XYChart chart = Charts.curves("y = 4x², ten rates; dashed: x changes its sign", "step", "y, logarithmic");
        chart.getStyler().setYAxisLogarithmic(true).setYAxisMin(LEAST).setYAxisMax(20.0);
        chart.getStyler().setPlotGridLinesVisible(false);
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        for (Descent descent : descents.subList(0, RATES.size())) {
            List<Double> visible =
                    descent.ys().stream().takeWhile(y -> y >= LEAST).toList();
            String name = Table.number("%.3f", descent.rate());
            if (descent.rate() * Parabola.CURVATURE < 1) {
                Charts.add(chart, name, 1, visible);
            } else {
                Charts.addDashed(chart, name, 1, visible);
            }
        }
        return chart;
    }

    private static XYChart tooLarge(List<Descent> descents) {
        XYChart chart = Charts.curves("The same near and above a rate of 1/4: divergence", "step", "x");
        chart.getStyler().setLegendPosition(LegendPosition.InsideNW);
        chart.getStyler().setYAxisMin(-MOST).setYAxisMax(MOST);
        for (Descent descent : descents.subList(RATES.size(), descents.size())) {
            List<Double> visible =
                    descent.xs().stream().takeWhile(x -> Math.abs(x) <= MOST).toList();
            Charts.add(chart, Table.number("%.2f", descent.rate()), 1, visible);
        }
        return chart;
    }
}
