/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/**
 * What every loss of this package is to DL4J, so that each of them is its formula only: checks, masks, the division and
 * the way back through the activation function are in {@link Evaluation}.
 */
interface TorchLoss extends ILossFunction {

    /** Checks the labels, and returns the formula applied to them. Nothing is computed before it is asked for. */
    Terms terms(Examples examples);

    @Override
    default double computeScore(
            INDArray labels, INDArray preOutput, IActivation activationFn, @Nullable INDArray mask, boolean average) {
        return Evaluation.of(this, labels, preOutput, activationFn, mask).score(average);
    }

    @Override
    default INDArray computeScoreArray(
            INDArray labels, INDArray preOutput, IActivation activationFn, @Nullable INDArray mask) {
        return Evaluation.of(this, labels, preOutput, activationFn, mask).scores();
    }

    @Override
    default INDArray computeGradient(
            INDArray labels, INDArray preOutput, IActivation activationFn, @Nullable INDArray mask) {
        return Evaluation.of(this, labels, preOutput, activationFn, mask).gradient();
    }

    @Override
    default Pair<Double, INDArray> computeGradientAndScore(
            INDArray labels, INDArray preOutput, IActivation activationFn, @Nullable INDArray mask, boolean average) {
        Evaluation evaluation = Evaluation.of(this, labels, preOutput, activationFn, mask);
        return new Pair<>(evaluation.score(average), evaluation.gradient());
    }

    @Override
    default String name() {
        return toString();
    }
}
