/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.probe.ExactnessFinding.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationRReLU;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;

/** The findings of one layer, wrapped layers included. Each question is a method that may add an answer. */
final class LayerInspection {

    private static final String NOISE =
            "draws random numbers for each micro-batch, so values differ while their" + " distribution does not";

    private static final List<Property<?, ILossFunction>> LOSSES = List.of(
            new Property<>(BaseOutputLayer.class, BaseOutputLayer::getLossFn),
            new Property<>(LossLayer.class, LossLayer::getLossFn),
            new Property<>(RnnLossLayer.class, RnnLossLayer::getLossFn),
            new Property<>(CnnLossLayer.class, CnnLossLayer::getLossFn),
            new Property<>(Cnn3DLossLayer.class, Cnn3DLossLayer::getLossFn));

    private static final List<Property<?, IActivation>> ACTIVATIONS = List.of(
            new Property<>(BaseLayer.class, BaseLayer::getActivationFn),
            new Property<>(ActivationLayer.class, ActivationLayer::getActivationFn));

    private static final List<Property<?, Layer>> WRAPPED = List.of(
            new Property<>(BaseWrapperLayer.class, BaseWrapperLayer::getUnderlying),
            new Property<>(Bidirectional.class, Bidirectional::getFwd));

    private final String name;
    private final Layer layer;
    private final List<ExactnessFinding> findings = new ArrayList<>();

    private LayerInspection(String name, Layer layer) {
        this.name = name;
        this.layer = layer;
    }

    static List<ExactnessFinding> of(String name, Layer layer) {
        LayerInspection inspection = new LayerInspection(name, layer);
        inspection.statistics();
        inspection.loss();
        inspection.noise();
        inspection.origin();
        first(WRAPPED, layer).ifPresent(inner -> inspection.findings.addAll(of(name, inner)));
        return inspection.findings;
    }

    static List<ExactnessFinding> ofPreprocessors(Map<?, InputPreProcessor> preprocessors) {
        return preprocessors.entrySet().stream()
                .filter(entry -> !isOwn(entry.getValue()))
                .map(
                        entry -> new ExactnessFinding(
                                String.valueOf(entry.getKey()),
                                Cause.UNKNOWN_CODE,
                                entry.getValue().getClass().getSimpleName(),
                                "is not one of DL4J's preprocessors; accumulation is exact if it treats examples independently"))
                .toList();
    }

    private void statistics() {
        if (layer instanceof BatchNormalization) {
            add(
                    Cause.BATCH_STATISTICS,
                    layer,
                    "normalizes with the mean and variance of its micro-batch, where the big batch uses those of all its"
                            + " examples; only the running statistics can be pooled. Use larger micro-batches or freeze the"
                            + " layer");
        }
    }

    private void loss() {
        if (layer instanceof OCNNOutputLayer) {
            add(
                    Cause.BATCH_LOSS,
                    layer,
                    "averages over its batch, adds a term for the weights to each gradient and keeps a window of past"
                            + " outputs; its gradients do not add up");
            return;
        }
        first(LOSSES, layer).ifPresent(loss -> {
            if (loss instanceof LossFMeasure) {
                add(
                        Cause.BATCH_LOSS,
                        loss,
                        "is one score for a whole batch, not a sum over examples; accumulation optimizes the sum of the"
                                + " micro-batches' scores");
            } else if (!isOwn(loss)) {
                add(
                        Cause.UNKNOWN_CODE,
                        loss,
                        "is not one of DL4J's losses; accumulation is exact if its score and gradient are sums over"
                                + " examples");
            }
        });
    }

    private void noise() {
        if (layer.getIDropout() != null) {
            add(Cause.NOISE, layer.getIDropout(), NOISE);
        }
        if (layer instanceof BaseLayer base && base.getWeightNoise() != null) {
            add(Cause.NOISE, base.getWeightNoise(), NOISE);
        }
        first(ACTIVATIONS, layer).ifPresent(activation -> {
            if (activation instanceof ActivationRReLU) {
                add(Cause.NOISE, activation, NOISE);
            } else if (!isOwn(activation)) {
                add(
                        Cause.UNKNOWN_CODE,
                        activation,
                        "is not one of DL4J's activation functions; accumulation is exact if it treats examples independently");
            }
        });
    }

    private void origin() {
        if (!isOwn(layer)) {
            add(
                    Cause.UNKNOWN_CODE,
                    layer,
                    "is not one of DL4J's layers; accumulation is exact if it treats examples independently and its gradients"
                            + " are sums over them");
        }
    }

    private void add(Cause cause, Object subject, String reason) {
        findings.add(new ExactnessFinding(name, cause, subject.getClass().getSimpleName(), reason));
    }

    private static boolean isOwn(Object object) {
        String type = object.getClass().getName();
        return type.startsWith("org.deeplearning4j.") || type.startsWith("org.nd4j.");
    }

    private static <V> Optional<V> first(List<? extends Property<?, V>> properties, Layer layer) {
        return properties.stream()
                .flatMap(property -> property.of(layer).stream())
                .findFirst();
    }

    /** A getter that some layers have. */
    private record Property<L extends Layer, V>(Class<L> owner, Function<L, V> getter) {

        Optional<V> of(Layer layer) {
            return owner.isInstance(layer) ? Optional.ofNullable(getter.apply(owner.cast(layer))) : Optional.empty();
        }
    }
}
