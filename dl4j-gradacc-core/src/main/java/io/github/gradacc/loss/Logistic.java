/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The logarithm of the logistic function, finite for any finite x; ND4J's softplus is infinite from 710 on. */
final class Logistic {

    private Logistic() {}

    /** Returns {@code log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)}, a new array. */
    static INDArray softplus(INDArray x) {
        return remainder(x).addi(Transforms.relu(x, true));
    }

    /**
     * Returns the cross-entropy {@code -p t log(sigmoid(x)) - (1 - t) log(sigmoid(-x))}, a new array, as
     * {@code (1 - t) max(x, 0) + p t max(-x, 0) + (p t + 1 - t) log(1 + e^-|x|)}: no term is negative, so nothing
     * cancels.
     *
     * @param x logits
     * @param t labels
     * @param positive p t, which may be the array t
     */
    static INDArray crossEntropy(INDArray x, INDArray t, INDArray positive) {
        INDArray negative = t.rsub(1);
        INDArray terms = remainder(x);
        if (positive != t) {
            terms.muli(positive.add(negative));
        }
        return terms.addi(negative.muli(Transforms.relu(x, true)))
                .addi(Transforms.relu(x.neg(), false).muli(positive));
    }

    /** Returns its derivatives {@code (p t + 1 - t) sigmoid(x) - p t}, a new array. */
    static INDArray crossEntropySlopes(INDArray x, INDArray t, INDArray positive) {
        INDArray slopes = Transforms.sigmoid(x, true);
        if (positive != t) {
            slopes.muli(positive.sub(t).addi(1));
        }
        return slopes.subi(positive);
    }

    private static INDArray remainder(INDArray x) {
        INDArray exponential = Transforms.exp(Transforms.abs(x, true).negi(), false);
        return Transforms.log1p(exponential, false);
    }
}
