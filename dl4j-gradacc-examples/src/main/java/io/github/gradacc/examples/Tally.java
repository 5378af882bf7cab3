/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * What an epoch's loop keeps: the sum of the examples' losses, how many were classified correctly, and how many there
 * were. Batches may be of any sizes, since only sums are divided, and once.
 */
final class Tally {

    private double lossSum;
    private long correct;
    private long examples;

    /** Adds a batch of binary examples, labels [n, 1], as a network sees them whose outputs are logits. */
    void add(MultiLayerNetwork network, DataSet batch) {
        int size = batch.numExamples();
        // The score with miniBatch(true) is a mean over the examples, with miniBatch(false) a sum.
        double score = network.score(batch);
        lossSum += network.conf().isMiniBatch() ? score * size : score;
        INDArray logits = network.output(batch.getFeatures());
        for (int i = 0; i < size; i++) {
            boolean positive = batch.getLabels().getDouble(i, 0) > 0.5;
            correct += positive == logits.getDouble(i, 0) > 0 ? 1 : 0;
        }
        examples += size;
    }

    /** The mean loss of an example; NaN if there were none. */
    double loss() {
        return lossSum / examples;
    }

    /** The share of the examples classified correctly; NaN if there were none. */
    double accuracy() {
        return (double) correct / examples;
    }
}
