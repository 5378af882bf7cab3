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
            double sum = 0;
            for (int i = 0; i < shares.length; i++) {
                // What is masked may hold anything, and 0 times NaN is not 0.
                sum += shares[i] == 0 ? 0 : shares[i] * each[i];
            }
            return sum;
        }
    };

    abstract double count(LabelPositions labels, LabelWeights weights);
}
