/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.dl4j.Accumulation;
import io.github.gradacc.dl4j.LayerFacts;
import io.github.gradacc.dl4j.LayerTable;
import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.Network;
import io.github.gradacc.dl4j.Part;
import io.github.gradacc.dl4j.Wrapping;
import io.github.gradacc.probe.ExactnessFinding.Cause;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.layers.Layer;

/** The findings of one layer or vertex: each part of its configuration is asked each question. */
final class LayerInspection {

    private final String name;
    private final List<ExactnessFinding> findings = new ArrayList<>();

    private LayerInspection(String name) {
        this.name = name;
    }

    static List<ExactnessFinding> of(LayerView view, Network network) {
        LayerInspection inspection = new LayerInspection(view.name());
        network.parts(view).forEach(inspection::inspect);
        return inspection.findings.stream().distinct().toList();
    }

    private void inspect(Part part) {
        if (part.object() instanceof Layer layer && Wrapping.inner(layer).isEmpty()) {
            accumulation(layer, LayerTable.of(layer), part.inference());
        }
        if (part.hasFixedBatch()) {
            add(
                    Cause.FIXED_BATCH,
                    part.object(),
                    "gives its output a fixed number of examples, so a micro-batch of another size fails or is mixed;"
                            + " let -1 stand for the first dimension");
        }
        if (part.drawsNoise()) {
            add(
                    Cause.NOISE,
                    part.object(),
                    "draws random numbers for each micro-batch, so values differ while their distribution does not");
        }
        if (!part.isExamined()) {
            add(
                    Cause.UNKNOWN_CODE,
                    part.object(),
                    "is not one of the classes of DL4J that were examined, or is set to reach over examples;"
                            + " accumulation is exact if it treats examples"
                            + " independently, and what it adds to losses and gradients is a sum over them:"
                            + " ExactnessReport.measure(network, data) tries that");
        }
    }

    /** A frozen layer has no statistics of its micro-batch, but it may still be of a class that was not examined. */
    private void accumulation(Layer layer, LayerFacts facts, boolean inference) {
        if (facts.accumulation() == Accumulation.MOVING_STATISTICS && !inference) {
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

    private void add(Cause cause, Object subject, String reason) {
        findings.add(new ExactnessFinding(name, cause, nameOf(subject.getClass()), reason));
    }

    /** Classes without a name of their own are called by that of the class around them. */
    private static String nameOf(Class<?> type) {
        String simple = type.getSimpleName();
        return simple.isEmpty() ? type.getName().substring(type.getPackageName().length() + 1) : simple;
    }
}
