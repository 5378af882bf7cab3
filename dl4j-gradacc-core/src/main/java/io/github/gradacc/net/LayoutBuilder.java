/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import static org.deeplearning4j.nn.params.BatchNormalizationParamInitializer.GLOBAL_LOG_STD;
import static org.deeplearning4j.nn.params.BatchNormalizationParamInitializer.GLOBAL_MEAN;
import static org.deeplearning4j.nn.params.BatchNormalizationParamInitializer.GLOBAL_VAR;
import static org.deeplearning4j.nn.params.CenterLossParamInitializer.CENTER_KEY;

import io.github.gradacc.grad.ClassCenters;
import io.github.gradacc.grad.GradientLayout;
import io.github.gradacc.grad.IndexRange;
import io.github.gradacc.grad.MeanUpdate;
import io.github.gradacc.grad.MovingStatistics;
import io.github.gradacc.grad.UpdateViews;
import io.github.gradacc.grad.VarianceForm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Trainable;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Reads off a network's layers which positions of its gradient array are gradients, which are updates, and which are never
 * written. Layers are visited in the order in which DL4J flattens their parameters.
 */
final class LayoutBuilder {

    private final Set<String> written;
    private final INDArray parameters;
    private final StatisticsPolicy statistics;
    private final List<IndexRange> gradients = new ArrayList<>();
    private final List<UpdateSource> updates = new ArrayList<>();
    private long position;

    /**
     * Starts at position 0.
     *
     * @param written the names ({@code layer_parameter}) of the parameters whose gradients the backward pass writes
     * @param parameters the flattened parameters, rank 1, not copied
     * @param statistics what to do with moving statistics
     */
    LayoutBuilder(Set<String> written, INDArray parameters, StatisticsPolicy statistics) {
        this.written = written;
        this.parameters = parameters;
        this.statistics = statistics;
    }

    /**
     * Adds the next parameters.
     *
     * @param name the name under which DL4J files their gradients
     * @param owner the layer or vertex that has them
     * @param layer the layer behind them, null for a vertex without one
     */
    void add(String name, Trainable owner, @Nullable Layer layer) {
        Map<String, IndexRange> ranges = new HashMap<>();
        for (Map.Entry<String, INDArray> entry : owner.paramTable(false).entrySet()) {
            IndexRange range =
                    new IndexRange(position, position + entry.getValue().length());
            position = range.to();
            if (!written.contains(name + "_" + entry.getKey())) {
                continue;
            }
            if (!owner.updaterDivideByMinibatch(entry.getKey()) || isMovingCenter(layer, entry.getKey())) {
                ranges.put(entry.getKey(), range);
            } else {
                gradients.add(range);
            }
        }
        addUpdates(layer, ranges);
    }

    /** Returns the sources of the updates, in the order of the pools in {@link #layout()}. */
    List<UpdateSource> updates() {
        return List.copyOf(updates);
    }

    GradientLayout layout() {
        return new GradientLayout(
                position,
                gradients,
                new UpdateViews(updates.stream().map(UpdateSource::pool).toList()));
    }

    /** With {@code gradientCheck(true)} DL4J computes a true gradient of the centers instead. */
    private static boolean isMovingCenter(@Nullable Layer layer, String parameter) {
        return layer != null
                && layer.conf().getLayer() instanceof CenterLossOutputLayer centerLoss
                && CENTER_KEY.equals(parameter)
                && !centerLoss.getGradientCheck();
    }

    private void addUpdates(@Nullable Layer layer, Map<String, IndexRange> ranges) {
        IndexRange mean = ranges.get(GLOBAL_MEAN);
        IndexRange centers = ranges.get(CENTER_KEY);
        if (layer != null && mean != null && layer.conf().getLayer() instanceof BatchNormalization conf) {
            updates.add(movingStatistics(layer, conf, mean, ranges));
        } else if (centers != null && layer instanceof IOutputLayer output) {
            int classes = Math.toIntExact(output.getLabels().size(1));
            updates.add(new UpdateSource(
                    new ClassCenters(centers, classes),
                    examples -> output.getLabels().sum(0).toDoubleVector()));
        } else {
            for (IndexRange range : ranges.values()) {
                updates.add(new UpdateSource(new MeanUpdate(range), examples -> new double[] {examples}));
            }
        }
    }

    private UpdateSource movingStatistics(
            Layer layer, BatchNormalization conf, IndexRange mean, Map<String, IndexRange> ranges) {
        boolean isLogarithm = ranges.containsKey(GLOBAL_LOG_STD);
        IndexRange spread = Objects.requireNonNull(ranges.get(isLogarithm ? GLOBAL_LOG_STD : GLOBAL_VAR));
        VarianceForm form = isLogarithm ? VarianceForm.LOG10_STANDARD_DEVIATION : VarianceForm.VARIANCE;
        MovingStatistics at = new MovingStatistics(mean, spread, form, conf.getDecay(), parameters);
        double channels = mean.length();
        return new UpdateSource(
                statistics.poolFor(at), examples -> new double[] {layer.input().length() / channels});
    }
}
