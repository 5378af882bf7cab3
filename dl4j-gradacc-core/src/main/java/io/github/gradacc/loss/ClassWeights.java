/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Weights of classes, and what they make labels weigh. Labels that name no class weigh 0: whether they are allowed is
 * the loss's to say.
 *
 * @param weights one for each class; empty if all weigh 1
 */
record ClassWeights(List<Double> weights) {

    static ClassWeights none() {
        return new ClassWeights(List.of());
    }

    static ClassWeights of(@Nullable INDArray weights) {
        return weights == null
                ? none()
                : new ClassWeights(
                        Arrays.stream(weights.toDoubleVector()).boxed().toList());
    }

    /** Class indices [n, 1], or probabilities [n, classes]. */
    double[] of(INDArray labels, double ignoreIndex) {
        return labels.size(1) == 1 ? ofIndices(labels, ignoreIndex) : ofProbabilities(labels);
    }

    double[] ofIndices(INDArray labels, double ignoreIndex) {
        return Arrays.stream(Chunks.read(labels))
                .map(label -> label == ignoreIndex ? 0 : weight(label))
                .toArray();
    }

    private double weight(double label) {
        if (!(label >= 0 && label == Math.rint(label))) {
            return 0;
        }
        if (weights.isEmpty()) {
            return 1;
        }
        return label < weights.size() ? weights.get((int) label) : 0;
    }

    /** {@code sum_c w[c] t[c]} for each row. */
    double[] ofProbabilities(INDArray labels) {
        int classes = (int) labels.size(1);
        double[] probabilities = Chunks.read(labels);
        double[] sums = new double[(int) labels.size(0)];
        for (int i = 0; i < probabilities.length; i++) {
            int label = i % classes;
            double weight = weights.isEmpty() ? 1 : label < weights.size() ? weights.get(label) : 0;
            sums[i / classes] += weight * probabilities[i];
        }
        return sums;
    }
}
