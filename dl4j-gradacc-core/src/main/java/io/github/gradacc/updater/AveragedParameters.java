/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import java.util.List;
import org.deeplearning4j.nn.api.TrainingConfig;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.BaseMultiLayerUpdater;
import org.deeplearning4j.nn.updater.UpdaterBlock;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * The averages that {@link AveragedSgd} keeps of a network's parameters.
 *
 * <p>To use them, give a copy of the network these parameters: {@code copy.setParams(AveragedParameters.of(network))}.
 * Running statistics of batch normalization are not averaged, and belong to the parameters as they are, not to their
 * averages.
 */
public final class AveragedParameters {

    private AveragedParameters() {}

    /**
     * Returns the averages; parameters that another updater trains are as they are.
     *
     * @param network is left as it is
     * @return all parameters in the order and shape of {@code network.params()}; a copy
     * @throws IllegalArgumentException if no layer is trained by {@code AveragedSgd}, or if something moves the
     *     parameters of one after the updater: {@code WeightDecay} or constraints
     */
    public static INDArray of(MultiLayerNetwork network) {
        return of(network.params(), (BaseMultiLayerUpdater<?>) network.getUpdater());
    }

    /** As for layers in a row. */
    public static INDArray of(ComputationGraph network) {
        return of(network.params(), network.getUpdater());
    }

    private static INDArray of(INDArray parameters, BaseMultiLayerUpdater<?> updater) {
        List<UpdaterBlock> averaged = updater.getUpdaterBlocks().stream()
                .filter(block -> block.getGradientUpdater().getConfig() instanceof AveragedSgd)
                .toList();
        if (averaged.isEmpty()) {
            throw new IllegalArgumentException(
                    "No parameter has an average: the network has no layer whose updater is AveragedSgd");
        }
        averaged.forEach(AveragedParameters::checkThatUpdatesAreAll);
        INDArray averages = parameters.dup();
        INDArray flat = averages.reshape(averages.ordering(), false, averages.length());
        for (UpdaterBlock block : averaged) {
            INDArray distance =
                    ((StateUpdater) block.getGradientUpdater()).getState().get(AveragedSgd.DISTANCE);
            flat.get(NDArrayIndex.interval(block.getParamOffsetStart(), block.getParamOffsetEnd()))
                    .subi(distance);
        }
        return averages;
    }

    private static void checkThatUpdatesAreAll(UpdaterBlock block) {
        for (UpdaterBlock.ParamState parameter : block.getLayersAndVariablesInBlock()) {
            TrainingConfig layer = parameter.getLayer().getConfig();
            String name = parameter.getParamName();
            List<Regularization> regularizations = layer.getRegularizationByParam(name);
            if (regularizations != null
                    && regularizations.stream()
                            .anyMatch(it -> it.applyStep() == Regularization.ApplyStep.POST_UPDATER)) {
                throw new IllegalArgumentException(unknown(name, layer) + regularizations
                        + " is added to the updates; use l2, which means the same here");
            }
            if (layer instanceof Layer withConstraints
                    && withConstraints.getConstraints() != null
                    && !withConstraints.getConstraints().isEmpty()) {
                throw new IllegalArgumentException(unknown(name, layer)
                        + "constraints move parameters after each step; " + "leave them away to average");
            }
        }
    }

    private static String unknown(String parameter, TrainingConfig layer) {
        return "The average of parameter \"" + parameter + "\" of layer \"" + layer.getLayerName()
                + "\" is not known: ";
    }
}
