/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.function.Supplier;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A formula, applied to a batch of n rows: k terms for each of them.
 *
 * @param perRow k
 * @param divisor by what the sum of a row's terms is divided
 * @param rowsPerExample more than one where the rows of a sequence have one score together
 * @param values makes the terms, [n, k]; a new array each time, which the caller may change
 * @param slopes makes the derivatives of their sum with respect to the layer's output, [n, m]; a new array each time.
 *     Output j changes term j modulo k only
 */
record Terms(long perRow, double divisor, long rowsPerExample, Supplier<INDArray> values, Supplier<INDArray> slopes) {

    /** One term for each label, [n, k], and one, two or more outputs for each. */
    static Terms perLabel(INDArray labels, Reduction reduction, Supplier<INDArray> values, Supplier<INDArray> slopes) {
        return new Terms(labels.size(1), reduction.divisor(labels.size(1)), 1, values, slopes);
    }

    /** One term for each row. */
    static Terms perRow(Supplier<INDArray> values, Supplier<INDArray> slopes) {
        return new Terms(1, 1, 1, values, slopes);
    }
}
