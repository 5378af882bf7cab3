/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.store.Csv;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A report for other programs. Names of layers may contain anything. */
final class SignalCsv {

    private static final List<String> NUMBERS = List.of("count", "mean", "std", "zeros", "nans", "infinities");

    private SignalCsv() {}

    static void write(List<SignalLayer> layers, Appendable target) throws IOException {
        Csv.write(headings(), layers.stream().map(SignalCsv::fields).toList(), target);
    }

    private static List<String> headings() {
        List<String> headings = new ArrayList<>(List.of("layer", "type", "output"));
        headings.addAll(NUMBERS);
        NUMBERS.forEach(name -> headings.add("gradient_" + name));
        return headings;
    }

    private static List<String> fields(SignalLayer layer) {
        List<String> fields = new ArrayList<>(List.of(layer.name(), layer.type(), String.valueOf(layer.output())));
        fields.addAll(numbers(layer.activations()));
        fields.addAll(numbers(layer.gradients()));
        return fields;
    }

    private static List<String> numbers(@Nullable Signal signal) {
        if (signal == null) {
            return Collections.nCopies(NUMBERS.size(), "");
        }
        return List.of(
                String.valueOf(signal.count()),
                String.valueOf(signal.mean()),
                String.valueOf(signal.std()),
                String.valueOf(signal.zeros()),
                String.valueOf(signal.nans()),
                String.valueOf(signal.infinities()));
    }
}
