/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Weights of classes or outputs. None are the empty list. */
final class Weights {

    private Weights() {}

    /** A copy, whose numbers were checked. */
    static List<Double> checked(String name, List<Double> weights) {
        for (double weight : weights) {
            if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(name + " must be finite and at least 0, got " + weights);
            }
        }
        return List.copyOf(weights);
    }

    static List<Double> listed(double @Nullable [] weights) {
        if (weights == null) {
            throw new IllegalArgumentException("weights must not be null; give no numbers at all for no weights");
        }
        return Arrays.stream(weights).boxed().toList();
    }

    /** A row [1, width] in the type of the output, or null for none. */
    static @Nullable INDArray row(Examples examples, String name, List<Double> weights, long width) {
        if (weights.isEmpty()) {
            return null;
        }
        if (weights.size() != width) {
            throw examples.error(name + " needs one number for each of the " + width + " columns, got " + weights.size()
                    + ": " + weights);
        }
        double[] values = weights.stream().mapToDouble(Double::doubleValue).toArray();
        return Nd4j.createFromArray(new double[][] {values})
                .castTo(examples.output().dataType());
    }

    /** Multiplies terms, or slopes, [n, width], by the weights of their columns, in place. */
    static INDArray multiply(Examples examples, List<Double> weights, INDArray terms) {
        INDArray row = row(examples, "weight", weights, terms.size(1));
        return row == null ? terms : terms.muliRowVector(row);
    }
}
