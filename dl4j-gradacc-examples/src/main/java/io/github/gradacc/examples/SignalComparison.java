/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.probe.Signal;
import io.github.gradacc.probe.SignalLayer;
import io.github.gradacc.probe.SignalReport;
import java.util.List;
import java.util.Locale;

/**
 * What several networks of the same depth made of the same features.
 *
 * @param rows one for each network
 */
record SignalComparison(List<Row> rows) {

    /** The layers shown, counted from 0: many near the start, and those around which FLOAT overflows. */
    private static final List<Integer> SHOWN = List.of(0, 1, 2, 9, 30, 31, 99);

    /** One network; those of a group are drawn together. */
    record Row(String name, String group, SignalReport report) {}

    /** The standard deviation of each layer's activations, and that of the gradient that reaches the first layer. */
    String table() {
        StringBuilder table = new StringBuilder(String.format("%-26s", "std in layer"));
        SHOWN.forEach(layer -> table.append(String.format("%9d", layer)));
        table.append(String.format("%14s%n", "gradient at 0"));
        for (Row row : rows) {
            table.append(String.format("%-26s", row.name()));
            List<SignalLayer> layers = row.report().layers();
            for (int layer : SHOWN) {
                table.append(String.format("%9s", number(layers.get(layer).activations())));
            }
            Signal gradient = layers.get(0).gradients();
            table.append(String.format("%14s%n", gradient == null ? "-" : number(gradient)));
        }
        return table.toString();
    }

    /** The diagnosis of each report, below the name of its network. */
    String conclusion() {
        StringBuilder text = new StringBuilder();
        for (Row row : rows) {
            text.append(row.name()).append(':').append(System.lineSeparator());
            row.report()
                    .diagnosis()
                    .lines()
                    .forEach(line -> text.append("  ").append(line).append(System.lineSeparator()));
        }
        return text.toString();
    }

    /** The standard deviation; if some elements are not finite, what most of these are. */
    private static String number(Signal signal) {
        if (signal.nonFinite() == 0) {
            return String.format(Locale.ROOT, "%.3g", signal.std());
        }
        return signal.infinities() >= signal.nans() ? "inf" : "NaN";
    }
}
