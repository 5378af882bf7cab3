/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import io.github.gradacc.dl4j.LayerHelper;
import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.Network;
import io.github.gradacc.dl4j.Propagation;
import io.github.gradacc.dl4j.Replica;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Passes through a replica, by three kinds of code: built in (no helpers in layers, none in ND4J's operations), without
 * (none in layers), with. Each layer is given the input and the gradient that it has in a pass of built-in code, so
 * that differences do not add up from layer to layer.
 */
final class Comparison {

    private final Network replica;
    private final INDArray[] features;
    private final INDArray[] labels;
    private final List<LayerView> layers;
    private final List<LayerHelper> places;
    private final List<@Nullable Object> helpers = new ArrayList<>();

    private Comparison(Network network, INDArray[] features, INDArray[] labels) {
        replica = Replica.quiet(network);
        this.features = features;
        this.labels = labels;
        layers = OneDnn.helped(replica);
        places = layers.stream()
                .map(layer -> LayerHelper.in(layer).orElseThrow())
                .toList();
        places.forEach(place -> helpers.add(place.take()));
    }

    static OneDnnReport of(Network network, INDArray[] features, INDArray[] labels) {
        boolean allowed = Nd4j.getEnvironment().helpersAllowed();
        try {
            return new Comparison(network, features, labels).report();
        } catch (RuntimeException e) {
            // DL4J's errors about shapes are of many types and from deep inside.
            throw new IllegalArgumentException(
                    "The network fails on features of shape " + shapes(features) + " and labels of shape "
                            + shapes(labels) + ". Pass what fit() would take. The cause: " + e.getMessage(),
                    e);
        } finally {
            Nd4j.getEnvironment().allowHelpers(allowed);
        }
    }

    private OneDnnReport report() {
        List<LayerTrial> trials = trials();
        List<OneDnnLayer> compared = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            compared.add(compare(layers.get(i), places.get(i), helpers.get(i), trials.get(i)));
        }
        Nd4j.getEnvironment().allowHelpers(false);
        INDArray builtIn = gradient();
        Nd4j.getEnvironment().allowHelpers(true);
        double difference = Difference.relative(List.of(helpedGradient()), List.of(builtIn), 0);
        Timing timing = Timing.ofTurns(this::helpedGradient, this::gradient);
        return new OneDnnReport(compared, difference, timing.firstMillis(), timing.secondMillis());
    }

    /** With all helpers, which are taken out again. */
    private INDArray helpedGradient() {
        for (int i = 0; i < places.size(); i++) {
            places.get(i).put(helpers.get(i));
        }
        INDArray gradient = gradient();
        places.forEach(LayerHelper::take);
        return gradient;
    }

    /** Takes inputs and gradients of the layers from one pass of built-in code. */
    private List<LayerTrial> trials() {
        Nd4j.getEnvironment().allowHelpers(false);
        try (Propagation pass = replica.propagate(true, features)) {
            for (int step = 0; step < pass.layers().size(); step++) {
                pass.forward(step);
            }
            Map<String, LayerTrial> trials = new LinkedHashMap<>();
            layers.forEach(layer -> trials.put(layer.name(), new LayerTrial(layer)));
            pass.backward(
                    (layer, gradient) ->
                            Optional.ofNullable(trials.get(layer.name())).ifPresent(trial -> trial.comesBack(gradient)),
                    labels);
            return List.copyOf(trials.values());
        }
    }

    private static OneDnnLayer compare(LayerView layer, LayerHelper place, @Nullable Object helper, LayerTrial trial) {
        Nd4j.getEnvironment().allowHelpers(false);
        List<INDArray> builtIn = trial.run();
        Nd4j.getEnvironment().allowHelpers(true);
        Supplier<List<INDArray>> helped = () -> {
            place.put(helper);
            List<INDArray> results = trial.run();
            place.take();
            return results;
        };
        double difference = Difference.relative(helped.get(), builtIn, trial.scale());
        double differenceWithout = Difference.relative(trial.run(), builtIn, trial.scale());
        Timing timing = Timing.ofTurns(helped, trial::run);
        return new OneDnnLayer(
                layer.name(), layer.type(), difference, differenceWithout, timing.firstMillis(), timing.secondMillis());
    }

    /** Returns a copy. */
    private INDArray gradient() {
        replica.setMicroBatch(new MultiDataSet(features, labels));
        replica.computeGradient();
        return replica.model().getGradientsViewArray().dup();
    }

    private static String shapes(INDArray... arrays) {
        return Arrays.stream(arrays)
                .map(array -> Arrays.toString(array.shape()))
                .collect(Collectors.joining(" and "));
    }
}
