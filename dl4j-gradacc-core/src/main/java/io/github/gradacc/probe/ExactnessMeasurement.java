/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How far the gradients of the parts of a batch, summed, are from the gradient of the whole batch: the experiment that
 * stands behind {@link ExactnessReport}.
 *
 * @param examples number of examples of the batch
 * @param parameters one entry for each parameter with a gradient, in the order of DL4J's parameter array
 * @param failures the ways to cut the batch for which there is no gradient to compare; the parameters are compared in
 *     the others
 */
public record ExactnessMeasurement(int examples, List<Difference> parameters, List<Failure> failures) {

    /**
     * The most that rounding in DOUBLE leaves. Sums in another order differ near 1e-16 for each operation; networks of
     * some hundred layers were seen to reach 1e-12.
     */
    private static final double ROUNDING = 1e-9;

    /** Copies the lists. */
    public ExactnessMeasurement {
        parameters = List.copyOf(parameters);
        failures = List.copyOf(failures);
    }

    /**
     * The largest difference in the gradient of a parameter.
     *
     * @param layer name of the layer or vertex, or its index where it has no name
     * @param parameter DL4J's key of the parameter, "W" for example
     * @param microBatchSize the most examples of a part, in the cut that differs most
     * @param relative the largest difference of an element, divided by the largest element of the whole batch's
     *     gradient of this parameter, but at least by a millionth of the largest element of the network's: a gradient
     *     that is nothing but rounding does not count
     */
    public record Difference(String layer, String parameter, int microBatchSize, double relative) {}

    /**
     * A pass over one of the parts failed, or its gradient was not finite: training in such micro-batches would fail.
     *
     * @param microBatchSize the most examples of a part
     * @param cause what DL4J or the code that it called says, or that the gradient holds NaN or infinity
     */
    public record Failure(int microBatchSize, String cause) {}

    /** Returns the largest difference of all parameters, in the cuts that did not fail. */
    public double largest() {
        return parameters.stream().mapToDouble(Difference::relative).max().orElse(0);
    }

    /** Tells whether no parameter differs by more than rounding, {@code 1e-9}, and no cut failed. */
    public boolean isExact() {
        return largest() <= ROUNDING && failures.isEmpty();
    }

    /** Returns the cuts that failed and the parameters, one to a line, the largest differences first. */
    @Override
    public String toString() {
        Stream<String> failed = failures.stream()
                .map(each -> "failed with micro-batches of at most " + each.microBatchSize() + ": " + each.cause());
        Stream<String> differing = parameters.stream()
                .sorted(Comparator.comparing(Difference::relative).reversed())
                .map(each -> String.format(
                        Locale.ROOT,
                        "layer %s, %s: %.1e with micro-batches of at most %d",
                        each.layer(),
                        each.parameter(),
                        each.relative(),
                        each.microBatchSize()));
        return Stream.concat(failed, differing)
                .collect(Collectors.joining(
                        System.lineSeparator(),
                        "Gradient of " + examples + " examples, the whole batch against the sum of its parts"
                                + " (relative differences):" + System.lineSeparator(),
                        ""));
    }
}
