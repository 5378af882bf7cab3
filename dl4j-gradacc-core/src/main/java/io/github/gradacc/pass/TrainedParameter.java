/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.dl4j.GradientSlice;
import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.Network;
import io.github.gradacc.dl4j.ParameterKeys;
import io.github.gradacc.dl4j.Reorder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A parameter that the optimizer moves by a gradient: not one of a frozen layer or for pretraining only, and no
 * statistics or centers.
 *
 * @param layer the name of its layer
 * @param name DL4J's key in the layer
 * @param role what it is in the layer
 * @param outputAxis the axis of its outputs; empty for what has none, or lies in memory in a layout of its own
 * @param gradient a view into the network's gradient array, of the parameter's shape
 * @param value a view into the network's parameters, of the same shape
 */
@API(status = API.Status.INTERNAL)
public record TrainedParameter(
        String layer, String name, Role role, OptionalInt outputAxis, INDArray gradient, INDArray value) {

    /** What a parameter is in its layer. */
    public enum Role {
        /** Mixes inputs into outputs. */
        WEIGHT,
        /** Is added. */
        BIAS,
        /** Scales or shifts single values: normalization, gains, slopes. */
        OTHER
    }

    static List<TrainedParameter> of(Network network) {
        Map<String, INDArray> gradients = network.model().gradient().gradientForVariable();
        Map<LayerView, ParameterKeys> keys = new HashMap<>();
        List<TrainedParameter> parameters = new ArrayList<>();
        for (GradientSlice slice : GradientSlice.of(network)) {
            LayerView layer = slice.layer();
            if (slice.content() == GradientSlice.Content.GRADIENT
                    && !layer.isFrozen()
                    && !layer.isForPretraining(slice.parameter())) {
                parameters.add(of(slice, keys.computeIfAbsent(layer, ParameterKeys::new), gradients));
            }
        }
        return parameters;
    }

    private static TrainedParameter of(GradientSlice slice, ParameterKeys keys, Map<String, INDArray> gradients) {
        String name = slice.parameter();
        Optional<Reorder> layout = keys.weights().getOrDefault(name, Optional.empty());
        boolean isWeight = keys.weights().containsKey(name);
        INDArray gradient = Objects.requireNonNull(gradients.get(slice.gradientName()), "the backward pass wrote it");
        INDArray value = Objects.requireNonNull(
                slice.layer().parameters().paramTable(false).get(name), "it has a gradient");
        return new TrainedParameter(
                slice.layer().name(),
                name,
                isWeight ? Role.WEIGHT : keys.biases().contains(name) ? Role.BIAS : Role.OTHER,
                isWeight && layout.isEmpty()
                        ? OptionalInt.of(slice.layer().facts().outputAxis(gradient.rank()))
                        : OptionalInt.empty(),
                gradient,
                value);
    }
}
