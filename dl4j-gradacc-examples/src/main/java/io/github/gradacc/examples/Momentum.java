/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.updater.SgdMomentum;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import picocli.CommandLine.Command;

/**
 * What momentum does. Without it a step multiplies x by 1 - 8 rate. With momentum 0.9 the position rolls: it is at the
 * bottom sooner, rolls past it, and swings.
 *
 * <pre>
 *   Sgd                       |x| falls by 1 - 8 rate in a step
 *   SgdMomentum, 0.9          the swing falls by sqrt(0.9) = 0.949, whatever the rate
 *   Nesterovs (DL4J's), 0.9   the swing falls by sqrt(0.9 (1 - 8 rate)): it brakes where the slope turns
 * </pre>
 *
 * <p>So on a curve of one dimension momentum loses in the end. It wins in valleys whose steep side does not allow for
 * the rate that the flat side needs.
 */
@Command(description = "y = 4 x^2 with momentum 0.9 and without: sooner at the bottom, and then it swings.")
final class Momentum extends Experiment {

    static final int STEPS = 60;
    static final double MOMENTUM = 0.9;
    static final List<Double> RATES = List.of(0.01, 0.03);

    /** A tenth of the start. */
    private static final double NEAR = Parabola.START / 10;

    /** Ratios of numbers that are small differences of products, in DOUBLE. */
    private static final double ROUNDING = 1e-9;

    /** A name to print, an updater and its theory: how fast what it does decays, as a factor for each step. */
    private record Rule(String name, DoubleFunction<IUpdater> updater, DoubleFunction<Double> decay) {}

    private static final List<Rule> RULES = List.of(
            new Rule("Sgd", Sgd::new, Momentum::shrink),
            new Rule(
                    "SgdMomentum 0.9",
                    rate -> new SgdMomentum(rate).withMomentum(MOMENTUM),
                    rate -> Math.sqrt(MOMENTUM)),
            new Rule(
                    "Nesterovs 0.9",
                    rate -> new Nesterovs(rate, MOMENTUM),
                    rate -> Math.sqrt(MOMENTUM * shrink(rate))));

    /** A way down, and the decay that theory says it has. */
    record Way(String name, double rate, double theory, List<Double> xs) {

        /** The first step after which x is a tenth of the start or less, on whichever side. */
        int arrival() {
            return IntStream.range(0, xs.size())
                    .filter(i -> Math.abs(xs.get(i)) <= NEAR)
                    .findFirst()
                    .orElse(Integer.MAX_VALUE);
        }

        /** How often x changes its sign. */
        int swings() {
            return (int) IntStream.range(1, xs.size())
                    .filter(i -> xs.get(i) * xs.get(i - 1) < 0)
                    .count();
        }

        /**
         * The factor by which the swing shrinks in a step. Positions that follow x'' = a x' - b x, as these do, have
         * x'^2 - x x'' shrink by b exactly, and the swing by its root. Without momentum that is 0, and x itself
         * shrinks.
         */
        double decay() {
            if (swings() == 0) {
                return xs.get(2) / xs.get(1);
            }
            return Math.sqrt(swing(2) / swing(1));
        }

        private double swing(int step) {
            return xs.get(step) * xs.get(step) - xs.get(step - 1) * xs.get(step + 1);
        }
    }

    private static double shrink(double rate) {
        return 1 - Parabola.CURVATURE * rate;
    }

    @Override
    List<Expectation> run(Paper paper) throws IOException {
        List<Way> ways = RATES.stream()
                .flatMap(rate -> RULES.stream().map(rule -> way(rule, rate)))
                .toList();
        paper.print(table(ways));
        paper.draw(chart(ways, RATES.get(0)), chart(ways, RATES.get(1)));
        return expectations(ways);
    }

    private static Way way(Rule rule, double rate) {
        List<Double> xs = Parabola.descend(rule.updater().apply(rate), STEPS);
        return new Way(rule.name(), rate, rule.decay().apply(rate), xs);
    }

    private static Table table(List<Way> ways) {
        Table table = new Table(
                "updater", "rate", "steps to |x| < 0.2", "swings", "decay per step", "x after 60", "y after 60");
        for (Way way : ways) {
            table.row(
                    way.name(),
                    Table.number("%.2f", way.rate()),
                    "" + way.arrival(),
                    "" + way.swings(),
                    Table.number("%.4f", way.decay()),
                    Table.number("%.1e", way.xs().get(STEPS)),
                    Table.number("%.1e", Parabola.y(way.xs().get(STEPS))));
        }
        return table;
    }

    /** What theory says: three ways for each rate, of which the first has no momentum. */
    static List<Expectation> expectations(List<Way> ways) {
        List<Expectation> expectations = new ArrayList<>();
        double distance = ways.stream()
                .mapToDouble(way -> Math.abs(way.decay() - way.theory()))
                .max()
                .orElse(Double.NaN);
        expectations.add(Expectation.atMost("distance of the decay per step from theory's", distance, ROUNDING));
        for (int i = 0; i < ways.size(); i += RULES.size()) {
            Way plain = ways.get(i);
            Way momentum = ways.get(i + 1);
            Way nesterovs = ways.get(i + 2);
            String at = "rate " + Table.number("%.2f", plain.rate()) + ", ";
            expectations.add(Expectation.atMost(at + "sign changes of x without momentum", plain.swings(), 0));
            expectations.add(Expectation.atLeast(
                    at + "sign changes of x with momentum", Math.min(momentum.swings(), nesterovs.swings()), 1));
            expectations.add(Expectation.atMost(
                    at + "steps to a tenth of the way with momentum, fewer than without",
                    Math.max(momentum.arrival(), nesterovs.arrival()),
                    plain.arrival() - 1));
            expectations.add(Expectation.atMost(
                    at + "sign changes with Nesterovs, no more than with SgdMomentum",
                    nesterovs.swings(),
                    momentum.swings()));
        }
        return expectations;
    }

    private static XYChart chart(List<Way> ways, double rate) {
        XYChart chart = Charts.curves("y = 4x², learning rate " + rate, "step", "x");
        ways.stream().filter(way -> way.rate() == rate).forEach(way -> Charts.add(chart, way.name(), 1, way.xs()));
        return chart;
    }
}
