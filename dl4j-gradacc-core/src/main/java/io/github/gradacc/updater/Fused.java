/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMax;
import org.nd4j.linalg.api.ops.impl.scalar.ScalarMin;
import org.nd4j.linalg.api.ops.impl.transforms.floating.Sqrt;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.Axpy;
import org.nd4j.linalg.api.ops.impl.updaters.AdaBeliefUpdater;
import org.nd4j.linalg.api.ops.impl.updaters.AdaGradUpdater;
import org.nd4j.linalg.api.ops.impl.updaters.AdamUpdater;
import org.nd4j.linalg.api.ops.impl.updaters.AmsGradUpdater;
import org.nd4j.linalg.api.ops.impl.updaters.NesterovsUpdater;
import org.nd4j.linalg.api.ops.impl.updaters.RmsPropUpdater;
import org.nd4j.linalg.factory.Nd4j;

/**
 * ND4J's native updaters as what they compute: several formulas in one pass over memory, nothing allocated. All arrays
 * have one shape and type, and one order: arrays of different orders are several times as slow.
 */
final class Fused {

    private Fused() {}

    /**
     * {@code v' = mu v + factor g}, in place of v; and {@code mu v - (1 + mu) v'} in place of g.
     *
     * <p>With the factor 1 the latter is {@code -(g + mu v')}, the update of Nesterov's momentum with its sign changed.
     */
    static void momentum(INDArray g, INDArray v, double mu, double factor) {
        Nd4j.exec(new NesterovsUpdater(g, v, -factor, mu));
    }

    /**
     * The step of Adam (Kingma and Ba 2015): the moments of g, in place, and in place of g
     * {@code rate sqrt(1 - beta2^t) / (1 - beta1^t) m' / (sqrt(v') + eps)}.
     *
     * @param rate 0 is a rate like any other here
     * @param eps is not corrected by {@code sqrt(1 - beta2^t)}
     */
    static void adam(INDArray g, INDArray m, INDArray v, Betas betas, double rate, double eps, int iteration) {
        Nd4j.exec(new AdamUpdater(g, v, m, rate, betas.first(), betas.second(), eps, iteration));
        clearIfZero(rate, g);
    }

    /** The same with the largest v so far in place of v (Reddi et al. 2018). */
    static void amsgrad(
            INDArray g, INDArray m, INDArray v, INDArray largest, Betas betas, double rate, double eps, int iteration) {
        Nd4j.exec(new AmsGradUpdater(g, v, m, largest, rate, betas.first(), betas.second(), eps, iteration));
        clearIfZero(rate, g);
    }

    /**
     * The step of AdaBelief (Zhuang et al. 2020): {@code m' = beta1 m + (1 - beta1) g} and
     * {@code s' = beta2 s + (1 - beta2) (g - m')^2 + eps}, in place; and in place of g
     * {@code rate sqrt(1 - beta2^t) / (1 - beta1^t) m' / (sqrt(s') + eps)}.
     *
     * @param eps is not corrected by {@code sqrt(1 - beta2^t)} in the last formula
     */
    static void adaBelief(INDArray g, INDArray m, INDArray s, Betas betas, double rate, double eps, int iteration) {
        Nd4j.exec(new AdaBeliefUpdater(g, s, m, rate, betas.first(), betas.second(), eps, iteration));
        clearIfZero(rate, g);
    }

    /** ND4J takes eps for a rate that is 0. */
    private static void clearIfZero(double rate, INDArray update) {
        if (rate == 0) {
            update.assign(0);
        }
    }

    /**
     * {@code v' = alpha v + (1 - alpha) g^2}, in place of v; and {@code rate g / (sqrt(v') + eps)} in {@code update}.
     */
    static void meanSquare(INDArray g, INDArray v, INDArray update, double alpha, double rate, double eps) {
        Nd4j.exec(new RmsPropUpdater(g, v, update, v, rate, alpha, eps));
    }

    /**
     * {@code x / (sqrt(v) + eps)} in {@code result}, which may be x.
     *
     * @param root is overwritten; may be {@code result}, and must not be x
     */
    static void overRoot(INDArray x, INDArray v, double eps, INDArray root, INDArray result) {
        Nd4j.exec(new Sqrt(v, root));
        x.divi(root.addi(eps), result);
    }

    /** {@code s' = s + g^2}, in place of s; and {@code rate g / (sqrt(s') + eps)} in place of g. */
    static void sumOfSquares(INDArray g, INDArray s, double rate, double eps) {
        Nd4j.exec(new AdaGradUpdater(g, s, rate, eps));
    }

    /** {@code min(max(x, least), most)} in {@code result}, which may be x. */
    static void clip(INDArray x, double least, double most, INDArray result) {
        Nd4j.exec(new ScalarMax(x, null, result, least));
        Nd4j.exec(new ScalarMin(result, null, result, most));
    }

    /** {@code y + factor x} in {@code result}, which may be y. */
    static void add(double factor, INDArray x, INDArray y, INDArray result) {
        Nd4j.exec(new Axpy(x, y, result, factor));
    }
}
