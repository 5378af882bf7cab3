/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/** What a loss is called with. */
record Given(
        ILossFunction loss,
        INDArray labels,
        INDArray output,
        IActivation activation,
        @Nullable INDArray mask) {

    Given(ILossFunction loss, INDArray labels, INDArray output) {
        this(loss, labels, output, new ActivationIdentity(), null);
    }

    Given masked(@Nullable INDArray by) {
        return new Given(loss, labels, output, activation, by);
    }

    Given through(IActivation function) {
        return new Given(loss, labels, output, function, mask);
    }

    Given with(ILossFunction other) {
        return new Given(other, labels, output, activation, mask);
    }

    Given at(INDArray preOutput) {
        return new Given(loss, labels, preOutput, activation, mask);
    }

    double score(boolean average) {
        return loss.computeScore(labels, output.dup(), activation, mask, average);
    }

    INDArray scores() {
        return loss.computeScoreArray(labels, output.dup(), activation, mask);
    }

    /** What the formula says, of one of our losses. */
    Terms terms() {
        INDArray activated = activation.getActivation(output.dup(), true);
        return ((TorchLoss) loss).terms(Examples.of((TorchLoss) loss, labels, activated, activation, mask));
    }

    INDArray gradient() {
        return loss.computeGradient(labels, output.dup(), activation, mask);
    }
}
