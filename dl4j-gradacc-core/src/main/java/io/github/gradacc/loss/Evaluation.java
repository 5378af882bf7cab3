/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import io.github.gradacc.array.Finiteness;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One call of a loss: {@code score = sum(mask * values) / divisor} for each row, and
 * {@code gradient = backprop(mask * slopes / divisor)}.
 *
 * <p>Where a mask leaves out single outputs, their gradient is 0 even if the activation function mixes outputs, as
 * softmax does: DL4J's output layers set the pre-activation output to 0 there, so it depends on no parameter.
 */
final class Evaluation {

    private final Examples examples;
    private final Terms terms;
    private final INDArray preOutput;
    private final IActivation activation;
    private final DataType type;

    private Evaluation(TorchLoss loss, Examples examples, INDArray preOutput, IActivation activation, DataType type) {
        this.examples = examples;
        this.terms = loss.terms(examples);
        examples.checkMask(terms.perRow());
        this.preOutput = preOutput;
        this.activation = activation;
        this.type = type;
    }

    /** Checks shapes and labels. HALF, in which most intermediate results would overflow, is computed in FLOAT. */
    static Evaluation of(
            TorchLoss loss, INDArray labels, INDArray preOutput, IActivation activation, @Nullable INDArray mask) {
        DataType type = preOutput.dataType();
        INDArray wide = preOutput.castTo(type == DataType.FLOAT16 ? DataType.FLOAT : type);
        INDArray output = activation.getActivation(wide.dup(), true);
        return new Evaluation(loss, Examples.of(loss, labels, output, activation, mask), wide, activation, type);
    }

    /** Returns the score of each row, [n, 1]. */
    INDArray scores() {
        return rowScores().castTo(type);
    }

    /** Returns their sum, or their mean over the examples. */
    double score(boolean average) {
        // In DOUBLE, whatever the type: these are few numbers, and HALF would overflow.
        double sum = rowScores().castTo(DataType.DOUBLE).sumNumber().doubleValue();
        return average ? sum * terms.rowsPerExample() / preOutput.size(0) : sum;
    }

    private INDArray rowScores() {
        INDArray values = examples.weigh(terms.values().get());
        INDArray scores = values.size(1) == 1 ? values : values.sum(true, 1);
        divide(scores);
        return isFinite() ? scores : scores.addi(notFinite().sum(true, 1));
    }

    /** Returns the gradient with respect to the output before the activation function, [n, m]. */
    INDArray gradient() {
        INDArray slopes = examples.weigh(terms.slopes().get());
        divide(slopes);
        if (!isFinite()) {
            slopes.addi(notFinite());
        }
        // Most activation functions overwrite what they are given.
        INDArray gradient = activation.backprop(preOutput.dup(), slopes).getFirst();
        return examples.clearMaskedOutputs(gradient).castTo(type);
    }

    private void divide(INDArray array) {
        if (terms.divisor() != 1) {
            array.divi(terms.divisor());
        }
    }

    private boolean isFinite() {
        return Finiteness.allFinite(examples.output());
    }

    /** NaN where the output is not finite, 0 elsewhere: ND4J's comparisons, maxima and signs pass over NaN. */
    private INDArray notFinite() {
        return examples.output().mul(0);
    }
}
