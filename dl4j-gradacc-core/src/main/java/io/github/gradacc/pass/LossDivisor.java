/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.loss.LabelWeights;
import org.apiguardian.api.API;

/** What is counted of labels, to divide their loss by. */
@API(status = API.Status.INTERNAL)
public enum LossDivisor {
    /** Each position of the labels that is not masked. */
    UNMASKED {
        @Override
        double count(LabelPositions labels, LabelWeights weights) {
            return labels.unmasked();
        }
    },

    /** The weight of each position that is not masked. */
    LABEL_WEIGHTS {
        @Override
        double count(LabelPositions labels, LabelWeights weights) {
            double[] shares = labels.shares();
            double[] each = weights.labelWeights(labels.rows());
            if (each == null || each.length != shares.length) {
                throw new IllegalStateException(
                        "labelWeights of " + weights.getClass().getName() + " must return "
                                + shares.length + " numbers, one for each row of labels, got "
                                + (each == null ? "null" : each.length));
            }
            double sum = 0;
            for (int i = 0; i < shares.length; i++) {
                // What is masked may hold anything, and 0 times NaN is not 0.
                sum += shares[i] == 0 ? 0 : shares[i] * weight(each, i);
            }
            return sum;
        }
    };

    private static double weight(double[] each, int row) {
        if (!(each[row] >= 0 && each[row] < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("Labels weigh numbers from 0 on, got the weight " + each[row]
                    + " in row " + row + ". Check the labels there, and the loss's weights");
        }
        return each[row];
    }

    abstract double count(LabelPositions labels, LabelWeights weights);
}
