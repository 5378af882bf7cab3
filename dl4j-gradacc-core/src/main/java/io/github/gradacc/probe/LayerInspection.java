/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.dl4j.Accumulation;
import io.github.gradacc.dl4j.LayerFacts;
import io.github.gradacc.dl4j.LayerTable;
import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.Noise;
import io.github.gradacc.dl4j.Wrapping;
import io.github.gradacc.probe.ExactnessFinding.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/** The findings of one layer, wrapped layers included. Each question is a method that may add an answer. */
final class LayerInspection {

    private final String name;
    private final List<ExactnessFinding> findings = new ArrayList<>();

    private LayerInspection(String name) {
        this.name = name;
    }

    /** A frozen layer runs as in inference; its preprocessor runs as in training. */
    static List<ExactnessFinding> of(LayerView view) {
        LayerInspection inspection = new LayerInspection(view.name());
        view.preprocessor().ifPresent(inspection::preprocessor);
        if (!view.isInferenceOnly()) {
            view.configuration().ifPresent(inspection::layer);
        }
        return inspection.findings;
    }

    private void preprocessor(InputPreProcessor preprocessor) {
        unlessDl4js(
                preprocessor,
                "is not one of DL4J's preprocessors; accumulation is exact if it treats examples independently");
    }

    private void layer(Layer layer) {
        Optional<Layer> inner = Wrapping.inner(layer);
        LayerFacts facts = LayerTable.of(layer);
        if (inner.isEmpty()) {
            accumulation(layer, facts);
            facts.loss().ifPresent(this::loss);
        }
        Noise.sourcesIn(layer).forEach(this::noise);
        if (inner.isEmpty()) {
            facts.activation().ifPresent(this::activation);
        }
        unlessDl4js(
                layer,
                "is not one of DL4J's layers; accumulation is exact if it treats examples independently and its"
                        + " gradients"
                        + " are sums over them");
        inner.ifPresent(this::layer);
    }

    private void accumulation(Layer layer, LayerFacts facts) {
        if (facts.accumulation() == Accumulation.MOVING_STATISTICS) {
            add(
                    Cause.BATCH_STATISTICS,
                    layer,
                    "normalizes with the mean and variance of its micro-batch, where the big batch uses those of all"
                            + " its examples; only the running statistics can be pooled. Use larger micro-batches, or"
                            + " wrap it in a FrozenLayer");
        }
        if (facts.hasWholeBatchLoss()) {
            facts.loss()
                    .ifPresentOrElse(
                            loss -> add(
                                    Cause.BATCH_LOSS,
                                    loss,
                                    "is one score for a whole batch, not a sum over examples; accumulation"
                                            + " optimizes the"
                                            + " sum of the micro-batches' scores"),
                            () -> add(
                                    Cause.BATCH_LOSS,
                                    layer,
                                    "averages over its batch, adds a term for the weights to each gradient and keeps a"
                                            + " window of past outputs; its gradients do not add up"));
        }
    }

    private void loss(ILossFunction loss) {
        unlessDl4js(
                loss,
                "is not one of DL4J's losses; accumulation is exact if its score and gradient are sums over examples");
    }

    private void noise(Object source) {
        add(
                Cause.NOISE,
                source,
                "draws random numbers for each micro-batch, so values differ while their distribution does not");
    }

    private void activation(IActivation activation) {
        unlessDl4js(
                activation,
                "is not one of DL4J's activation functions; accumulation is exact if it treats examples independently");
    }

    private void unlessDl4js(Object subject, String reason) {
        if (!LayerView.isDl4js(subject)) {
            add(Cause.UNKNOWN_CODE, subject, reason);
        }
    }

    private void add(Cause cause, Object subject, String reason) {
        findings.add(new ExactnessFinding(name, cause, subject.getClass().getSimpleName(), reason));
    }
}
