/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.stream.DoubleStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossSparseMCXENT;

/**
 * What labels weigh: torch's mean of a weighted cross-entropy divides by the sum of these numbers. A loss of your own
 * that implements this interface is understood by {@code LossNormalization.LABEL_WEIGHTS}, as are those of this package
 * and of DL4J.
 */
@FunctionalInterface
public interface LabelWeights {

    /**
     * Returns the weight of each row of labels.
     *
     * @param labels [n, k], one row for each example, time step or pixel, as the loss gets them; not to be changed.
     *     Rows that a mask leaves out may hold anything, and their weights are not used
     * @return n new numbers, at least 0; 0 for labels that do not count
     */
    double[] labelWeights(INDArray labels);

    /**
     * Returns the weights of a loss's labels. These are w[label] for {@link LossCrossEntropy}, {@link LossNll} and
     * DL4J's {@code LossMCXENT}, {@code LossNegativeLogLikelihood} and {@code LossSparseMCXENT}, and w averaged by the
     * probabilities of a row where labels are probabilities; 0 for ignored indices. For other losses each label weighs
     * 1: torch's means divide by the number of elements there, also if the loss has weights.
     *
     * @param loss any loss of a layer
     */
    static LabelWeights of(ILossFunction loss) {
        if (loss instanceof LabelWeights own) {
            return own;
        }
        if (loss instanceof LossSparseMCXENT sparse) {
            return labels -> ClassWeights.of(sparse.getWeights()).ofIndices(labels, ClassLabels.NOTHING_IGNORED);
        }
        if (loss instanceof LossMCXENT entropy) {
            return labels -> ClassWeights.of(entropy.getWeights()).ofProbabilities(labels);
        }
        return labels -> DoubleStream.generate(() -> 1).limit(labels.size(0)).toArray();
    }
}
