/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.annotation.JsonAutoDetect;

/**
 * By how much the scores of the right classes exceed those of the others: {@code torch.nn.MultiLabelMarginLoss}.
 *
 * <p>For each row of C scores x with the set Y of right classes, and {@code u = 1 - x[j] + x[i]},
 *
 * <pre>
 *   score = sum_(j in Y) sum_(i not in Y) max(0, u) / C,   with the derivatives -1 / C and 1 / C where u &gt; 0
 * </pre>
 *
 * <p><b>Output:</b> [n, C], any numbers. <b>Labels:</b> [n, C], the indices of the right classes, up to the first -1;
 * what follows it is not read. A mask has one column.
 *
 * <p><b>Mean or sum:</b> the formula divides by C. DL4J divides by the number of examples, as torch's {@code mean}
 * does.
 */
@JsonAutoDetect
public record LossMultiLabelMargin() implements TorchLoss {

    private static final int END = -1;

    @Override
    public Terms terms(Examples examples) {
        int count = (int) examples.columns();
        boolean[] right = rightClasses(examples, count);
        return Terms.perRow(() -> values(examples, right, count), () -> slopes(examples, right, count));
    }

    /** For each row and class, whether it is right; none is in a row that does not count. */
    private static boolean[] rightClasses(Examples examples, int count) {
        examples.checkLabelWidth(count);
        double[] labels = Chunks.read(examples.rawLabels());
        boolean[] right = new boolean[labels.length];
        for (int row = 0; row < labels.length; row += count) {
            for (int i = row; i < row + count && labels[i] != END; i++) {
                int index = (int) labels[i];
                if (labels[i] >= 0 && labels[i] < count && index == labels[i]) {
                    right[row + index] = true;
                } else {
                    examples.refuseIfCounted(
                            row / count,
                            i - row,
                            labels[i],
                            "labels are class indices, whole numbers from 0 to " + (count - 1) + ", up to a -1",
                            "Check the labels, or the number of outputs");
                }
            }
        }
        return right;
    }

    private static INDArray values(Examples examples, boolean[] right, int count) {
        double[] x = Chunks.read(examples.output());
        double[] scores = new double[x.length / count];
        forEachExcess(x, right, count, (j, i, excess) -> scores[j / count] += excess / count);
        return array(examples, scores);
    }

    private static INDArray slopes(Examples examples, boolean[] right, int count) {
        double[] x = Chunks.read(examples.output());
        double[] slopes = new double[x.length];
        forEachExcess(x, right, count, (j, i, excess) -> {
            slopes[j] -= 1.0 / count;
            slopes[i] += 1.0 / count;
        });
        return array(examples, slopes);
    }

    /** Gets the positions of a right class j and another class i of the same row, and their positive u. */
    @FunctionalInterface
    private interface Pair {
        void accept(int j, int i, double excess);
    }

    private static void forEachExcess(double[] x, boolean[] right, int count, Pair action) {
        for (int j = 0; j < x.length; j++) {
            if (right[j]) {
                int row = j - j % count;
                for (int i = row; i < row + count; i++) {
                    double u = 1 - x[j] + x[i];
                    if (!right[i] && u > 0) {
                        action.accept(j, i, u);
                    }
                }
            }
        }
    }

    private static INDArray array(Examples examples, double[] values) {
        return Nd4j.createFromArray(values)
                .reshape(examples.rows(), values.length / examples.rows())
                .castTo(examples.output().dataType());
    }
}
