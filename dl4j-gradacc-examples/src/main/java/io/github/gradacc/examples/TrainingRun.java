/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * The outcome of training a network in one way.
 *
 * @param name the name of the way, to print
 * @param steps number of optimizer steps taken
 * @param losses loss on the whole training set, before the first epoch and after each epoch
 * @param testAccuracy share of the test set that is classified correctly, 0 to 1
 * @param parameters all parameters after training, shape [1, parameters]; a copy
 */
record TrainingRun(String name, int steps, List<Double> losses, double testAccuracy, INDArray parameters) {

    TrainingRun {
        losses = List.copyOf(losses);
    }

    /** Tests a trained network and keeps a copy of its parameters. */
    static TrainingRun of(String name, MultiLayerNetwork network, List<Double> losses, DataSet test) {
        Evaluation evaluation = new Evaluation(Iris.CLASSES);
        evaluation.eval(test.getLabels(), network.output(test.getFeatures()));
        return new TrainingRun(
                name,
                network.getIterationCount(),
                losses,
                evaluation.accuracy(),
                network.params().dup());
    }

    double finalLoss() {
        return losses.get(losses.size() - 1);
    }

    /** The largest absolute difference between a parameter here and the same one there; NaN if one of them is NaN. */
    double largestDifference(TrainingRun other) {
        return Distance.largest(parameters, other.parameters);
    }
}
