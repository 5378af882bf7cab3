/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Labels that name classes: [n, 1] are class indices, and [n, classes] one-hot rows or, where a loss allows it,
 * probabilities. With one class, [n, 1] are indices.
 */
final class ClassLabels {

    /** Neither a class nor a number: a loss without an index to ignore. */
    static final double NOTHING_IGNORED = Double.NaN;

    /** Rounding of probabilities: HALF rounds each of them to 1/2048 of itself. */
    private static final double SUM_TOLERANCE = 1e-3;

    private final Examples examples;
    private final INDArray distribution;
    private final boolean someLeftOut;

    private ClassLabels(Examples examples, INDArray distribution, boolean someLeftOut) {
        this.examples = examples;
        this.distribution = distribution;
        this.someLeftOut = someLeftOut;
    }

    /** Class indices, or probabilities. */
    static ClassLabels of(Examples examples, double ignoreIndex) {
        return areIndices(examples) ? indices(examples, ignoreIndex) : probabilities(examples);
    }

    /** Class indices, or one-hot rows. */
    static ClassLabels certain(Examples examples) {
        if (areIndices(examples)) {
            return indices(examples, NOTHING_IGNORED);
        }
        ClassLabels labels = probabilities(examples);
        Chunks.forEach(examples.rawLabels(), (first, values, length) -> {
            for (int i = 0; i < length; i++) {
                if (values[i] != 0 && values[i] != 1) {
                    examples.refuseIfCounted(
                            first + i / examples.columns(),
                            0,
                            values[i],
                            "one-hot labels are 0 or 1",
                            "This loss has no meaning for probabilities");
                }
            }
        });
        return labels;
    }

    private static boolean areIndices(Examples examples) {
        return examples.rawLabels().size(1) == 1;
    }

    private static ClassLabels indices(Examples examples, double ignoreIndex) {
        long count = examples.columns();
        double[] labels = Chunks.read(examples.rawLabels());
        int[] classes = new int[labels.length];
        for (int row = 0; row < classes.length; row++) {
            double label = labels[row];
            classes[row] = (int) label;
            if (label == ignoreIndex) {
                classes[row] = -1;
            } else if (!(label >= 0 && label < count && classes[row] == label)) {
                examples.refuseIfCounted(
                        row,
                        0,
                        label,
                        "a class index is a whole number from 0 to " + (count - 1) + ignored(ignoreIndex),
                        "Check the labels, or the number of outputs");
                classes[row] = -1;
            }
        }
        return new ClassLabels(
                examples, oneHot(examples, classes), Arrays.stream(classes).anyMatch(index -> index < 0));
    }

    /** A row of zeros for -1. One write for each row: ND4J's operation takes as long as all the rest of a loss. */
    private static INDArray oneHot(Examples examples, int[] classes) {
        INDArray oneHot = Nd4j.zeros(examples.output().dataType(), classes.length, examples.columns());
        for (int row = 0; row < classes.length; row++) {
            if (classes[row] >= 0) {
                oneHot.putScalar(row, classes[row], 1);
            }
        }
        return oneHot;
    }

    private static String ignored(double ignoreIndex) {
        return Double.isNaN(ignoreIndex) ? "" : ", or ignoreIndex = " + (int) ignoreIndex;
    }

    private static ClassLabels probabilities(Examples examples) {
        examples.checkLabelWidth(examples.columns());
        INDArray labels = areDistributions(examples)
                ? examples.rawLabels().castTo(examples.output().dataType())
                : checkedDistributions(examples);
        return new ClassLabels(examples, labels, false);
    }

    /** One pass: numbers of which none is negative and whose sum is 1 are probabilities. */
    private static boolean areDistributions(Examples examples) {
        int count = (int) examples.columns();
        boolean[] result = {true};
        Chunks.forEach(examples.rawLabels(), (first, values, length) -> {
            result[0] &= LabelSet.smallest(values, 0, length) >= 0;
            for (int from = 0; from < length; from += count) {
                result[0] &= sumsToOne(sum(values, from, from + count));
            }
        });
        return result[0];
    }

    /** Finds the row, which may be masked, and then does not count. */
    private static INDArray checkedDistributions(Examples examples) {
        int count = (int) examples.columns();
        INDArray labels = examples.labels(LabelSet.UNIT, count);
        Chunks.forEach(examples.rawLabels(), (first, values, length) -> {
            for (int from = 0; from < length; from += count) {
                double sum = sum(values, from, from + count);
                if (!sumsToOne(sum)) {
                    examples.refuseIfCounted(
                            first + from / count,
                            0,
                            sum,
                            "the probabilities of a row of labels sum to 1",
                            "Normalize the labels, or mask what has no label");
                }
            }
        });
        return labels;
    }

    private static boolean sumsToOne(double sum) {
        return Math.abs(sum - 1) <= SUM_TOLERANCE;
    }

    /** In four sums, which a processor adds side by side. */
    private static double sum(double[] values, int from, int to) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = from;
        for (; i + 3 < to; i += 4) {
            a += values[i];
            b += values[i + 1];
            c += values[i + 2];
            d += values[i + 3];
        }
        for (; i < to; i++) {
            a += values[i];
        }
        return a + b + (c + d);
    }

    /**
     * Returns {@code w[c] ((1 - e) t[c] + e / C)} for the label t of each row and every class c, [n, C], with rows of
     * zeros where an index is ignored.
     *
     * @param weight the weights w of the classes, or empty
     * @param smoothing e
     */
    INDArray targets(List<Double> weight, double smoothing) {
        long count = examples.columns();
        INDArray targets = distribution;
        if (smoothing != 0) {
            targets = targets.mul(1 - smoothing).addi(smoothing / count);
            if (someLeftOut) {
                targets.muliColumnVector(distribution.sum(true, 1));
            }
        }
        INDArray row = Weights.row(examples, "weight", weight, count);
        return row == null ? targets : targets.mulRowVector(row);
    }
}
