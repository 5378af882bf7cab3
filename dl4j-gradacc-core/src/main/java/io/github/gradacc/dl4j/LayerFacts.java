/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;

/**
 * What the library knows of a layer by its configuration: put together from the rows of the {@link LayerTable}, and not
 * changed afterwards. Parameters are named by DL4J's keys.
 */
@API(status = API.Status.INTERNAL)
public final class LayerFacts {

    private final Map<String, Reorder> reorders = new HashMap<>();
    private final Set<String> scales = new HashSet<>();
    private Accumulation accumulation = Accumulation.SUM;
    private OutputScale outputScale = OutputScale.UNKNOWN;
    private @Nullable ILossFunction loss;
    private Consumer<ILossFunction> lossSetter = unknown -> {};
    private @Nullable IActivation activation;
    private boolean wholeBatchLoss;
    private boolean addsToLoss;
    private boolean gated;
    private boolean takesIndices;
    private boolean readsFromEnd;
    private boolean timeSecond;
    private boolean channelsLast;
    private boolean misreadsFormat;
    private boolean outputsSecond;

    /** What holds for a layer of which nothing else is known. */
    LayerFacts() {}

    /** Returns how its gradients add up. */
    public Accumulation accumulation() {
        return accumulation;
    }

    /** Returns how its output follows the scale of its weights. */
    public OutputScale outputScale() {
        return outputScale;
    }

    /** Returns the loss function it was given; empty for layers without one, and for those whose loss is built in. */
    public Optional<ILossFunction> loss() {
        return Optional.ofNullable(loss);
    }

    /** Tells whether its loss scores a batch as a whole and is no sum over examples. */
    public boolean hasWholeBatchLoss() {
        return wholeBatchLoss;
    }

    /** Tells whether it adds a term of its own to what its loss function says. */
    public boolean addsToLoss() {
        return addsToLoss;
    }

    /** Tells whether its score takes labels and masks for those of another format than the one they have. */
    public boolean misreadsFormat() {
        return misreadsFormat;
    }

    /** Gives the layer another loss function; only one that has one. */
    void replaceLoss(ILossFunction other) {
        lossSetter.accept(other);
    }

    /** Returns the dimension of its labels, of rank 2 to 5, that holds the values of one position. */
    public int labelChannels(int rank) {
        return channelsLast ? rank - 1 : 1;
    }

    /** Returns the axis of the outputs in its weights of standard shape. */
    public int outputAxis(int rank) {
        return outputsSecond || rank == 2 ? 1 : 0;
    }

    /** Returns its activation function. */
    public Optional<IActivation> activation() {
        return Optional.ofNullable(activation);
    }

    /** Returns the memory layout of a parameter; empty for the standard shapes. */
    public Optional<Reorder> reorder(String parameter) {
        return Optional.ofNullable(reorders.get(parameter));
    }

    /** Tells whether a parameter that DL4J calls a weight scales single values, where weights mix them. */
    public boolean isScale(String parameter) {
        return scales.contains(parameter);
    }

    /** Tells whether the columns of its matrices are four gates. */
    public boolean isGated() {
        return gated;
    }

    /** Tells whether its input is indices, which have no scale. */
    public boolean takesIndices() {
        return takesIndices;
    }

    /** Tells whether it reads sequences from their end. */
    public boolean readsFromEnd() {
        return readsFromEnd;
    }

    /** Tells whether its sequences are [examples, time, values] rather than [examples, values, time]. */
    public boolean isTimeSecond() {
        return timeSecond;
    }

    LayerFacts accumulates(Accumulation how) {
        accumulation = how;
        return this;
    }

    LayerFacts output(OutputScale scale) {
        outputScale = scale;
        return this;
    }

    LayerFacts loss(@Nullable ILossFunction function, Consumer<ILossFunction> setter) {
        loss = function;
        lossSetter = setter;
        wholeBatchLoss = function instanceof LossFMeasure;
        return this;
    }

    LayerFacts wholeBatchLossOfItsOwn() {
        loss = null;
        wholeBatchLoss = true;
        return this;
    }

    LayerFacts addsToLossItself() {
        addsToLoss = true;
        return this;
    }

    /** DL4J 1.0.0-M2.1 has forgotten the format in {@code CnnLossLayer.computeScore}. */
    LayerFacts misreadsFormat(boolean misreads) {
        misreadsFormat = misreads;
        return this;
    }

    LayerFacts outputsSecond() {
        outputsSecond = true;
        return this;
    }

    LayerFacts channelsLast(boolean areLast) {
        channelsLast = areLast;
        return this;
    }

    LayerFacts activation(@Nullable IActivation function) {
        activation = function;
        return this;
    }

    LayerFacts weights(String parameter, Reorder reorder) {
        reorders.put(parameter, reorder);
        return this;
    }

    LayerFacts scale(String parameter) {
        scales.add(parameter);
        return this;
    }

    LayerFacts gated() {
        gated = true;
        return this;
    }

    LayerFacts indices() {
        takesIndices = true;
        return this;
    }

    LayerFacts fromEnd() {
        readsFromEnd = true;
        return this;
    }

    LayerFacts timeSecond(boolean isSecond) {
        timeSecond = isSecond;
        return this;
    }
}
