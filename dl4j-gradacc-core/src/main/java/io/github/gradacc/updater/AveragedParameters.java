/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import java.util.List;
import java.util.function.Function;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.api.TrainingConfig;
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
 * <p>To use them, give a copy of the network these parameters, and an updater without their distances:
 *
 * <pre>
 *   copy = network.clone();
 *   copy.setParams(AveragedParameters.of(network));
 *   copy.setUpdater(null);   // DL4J makes a new one
 * </pre>
 *
 * <p>What is stored is how far the parameters are from their averages. So whatever sets parameters, {@code setParams}
 * or {@code setParam}, moves the averages along, by as much. And where the updater state is lost, as in a model that
 * was saved without its updater, the averages are the parameters themselves from there on. Running statistics of
 * batch normalization are not averaged, and belong to the parameters as they are, not to their averages.
 */
public final class AveragedParameters {

    private AveragedParameters() {}

    /**
     * Returns the averages; parameters that another updater trains are as they are.
     *
     * @param network is left as it is
     * @return all parameters in the order and shape of {@code network.params()}; a copy
     * @throws IllegalArgumentException if the network is null, if no layer is trained by {@code AveragedSgd}, or if
     *     something moves the parameters of one after the updater: {@code WeightDecay} or constraints
     * @throws IllegalStateException if the network is not initialized
     */
    public static INDArray of(MultiLayerNetwork network) {
        requireInitialized(Arguments.given("network", network).isInitCalled());
        return of(network.params(), (BaseMultiLayerUpdater<?>) network.getUpdater(), AveragedParameters::name);
    }

    /** As for layers in a row. */
    public static INDArray of(ComputationGraph network) {
        requireInitialized(Arguments.given("network", network).getVertices() != null);
        return of(
                network.params(),
                network.getUpdater(),
                layer -> layer.getConfig().getLayerName());
    }

    private static void requireInitialized(boolean initialized) {
        if (!initialized) {
            throw new IllegalStateException("The network is not initialized: call init() first");
        }
    }

    /** The name that was given, or the index of a layer that was given none: DL4J calls it "layer" and the index. */
    private static String name(Trainable layer) {
        String name = layer.getConfig().getLayerName();
        String index = layer instanceof Layer inStack ? String.valueOf(inStack.getIndex()) : name;
        return name.equals("layer" + index) ? index : name;
    }

    private static INDArray of(
            INDArray parameters, BaseMultiLayerUpdater<?> updater, Function<Trainable, String> layerName) {
        List<UpdaterBlock> averaged = updater.getUpdaterBlocks().stream()
                .filter(block -> block.getGradientUpdater().getConfig() instanceof AveragedSgd)
                .toList();
        if (averaged.isEmpty()) {
            throw new IllegalArgumentException(
                    "No parameter has an average: the network has no layer whose updater is AveragedSgd");
        }
        averaged.forEach(block -> checkThatUpdatesAreAll(block, layerName));
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

    private static void checkThatUpdatesAreAll(UpdaterBlock block, Function<Trainable, String> layerName) {
        for (UpdaterBlock.ParamState parameter : block.getLayersAndVariablesInBlock()) {
            TrainingConfig layer = parameter.getLayer().getConfig();
            String name = parameter.getParamName();
            String unknown = unknown(name, layerName.apply(parameter.getLayer()));
            List<Regularization> regularizations = layer.getRegularizationByParam(name);
            if (regularizations != null
                    && regularizations.stream()
                            .anyMatch(it -> it.applyStep() == Regularization.ApplyStep.POST_UPDATER)) {
                throw new IllegalArgumentException(
                        unknown + regularizations + " is added to the updates; use l2, which means the same here");
            }
            if (layer instanceof org.deeplearning4j.nn.conf.layers.Layer withConstraints
                    && withConstraints.getConstraints() != null
                    && !withConstraints.getConstraints().isEmpty()) {
                throw new IllegalArgumentException(
                        unknown + "constraints move parameters after each step; leave them away to average");
            }
        }
    }

    private static String unknown(String parameter, String layer) {
        return "The average of parameter '" + parameter + "' of layer '" + layer + "' is not known: ";
    }
}
