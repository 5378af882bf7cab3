/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A report as a table of text. */
final class SignalTable {

    private static final String HEADINGS = " %11s %10s %7s %7s %7s".formatted("mean", "std", "zero%", "NaN%", "inf%");

    private SignalTable() {}

    static String of(List<SignalLayer> layers) {
        boolean backward = layers.stream().anyMatch(layer -> layer.gradients() != null);
        int names = width("layer", layers.stream().map(SignalLayer::name).toList());
        int types = width("type", layers.stream().map(SignalLayer::type).toList());
        String start = "%-" + names + "s  %-" + types + "s";
        String space = " ".repeat(start.formatted("", "").length());
        StringBuilder table = new StringBuilder();
        if (backward) {
            String half = " %" + HEADINGS.length() + "s";
            line(table, space + half.formatted("activations") + half.formatted("gradients"));
        }
        line(table, start.formatted("layer", "type") + " " + HEADINGS + (backward ? " " + HEADINGS : ""));
        for (SignalLayer layer : layers) {
            line(
                    table,
                    start.formatted(layer.name(), layer.type())
                            + " "
                            + numbers(layer.activations())
                            + (backward ? " " + numbers(layer.gradients()) : ""));
        }
        return table.toString();
    }

    private static int width(String heading, List<String> column) {
        return column.stream().mapToInt(String::length).reduce(heading.length(), Math::max);
    }

    private static String numbers(@Nullable Signal signal) {
        if (signal == null) {
            return " %11s".formatted("-");
        }
        return String.format(
                Locale.ROOT,
                " %11.3g %10.3g %7.2f %7.2f %7.2f",
                signal.mean(),
                signal.std(),
                100 * signal.zeroShare(),
                100 * signal.nanShare(),
                100 * signal.infiniteShare());
    }

    private static void line(StringBuilder table, String line) {
        table.append(line.stripTrailing()).append(System.lineSeparator());
    }
}
