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

    /** Adds the parameters of the next layer. */
    void add(String layerName, Layer layer) {
        Map<String, IndexRange> ranges = new HashMap<>();
        for (Map.Entry<String, INDArray> entry : layer.paramTable(false).entrySet()) {
            IndexRange range =
                    new IndexRange(position, position + entry.getValue().length());
            position = range.to();
            if (!written.contains(layerName + "_" + entry.getKey())) {
                continue;
            }
            if (isUpdate(layer, entry.getKey())) {
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

    private static boolean isUpdate(Layer layer, String parameter) {
        return !layer.updaterDivideByMinibatch(parameter) || isMovingCenter(layer, parameter);
    }

    /** With {@code gradientCheck(true)} DL4J computes a true gradient of the centres instead. */
    private static boolean isMovingCenter(Layer layer, String parameter) {
        return layer.conf().getLayer() instanceof CenterLossOutputLayer centerLoss
                && CENTER_KEY.equals(parameter)
                && !centerLoss.getGradientCheck();
    }

    private void addUpdates(Layer layer, Map<String, IndexRange> ranges) {
        IndexRange mean = ranges.get(GLOBAL_MEAN);
        IndexRange variance = ranges.get(GLOBAL_VAR);
        IndexRange logDeviation = ranges.get(GLOBAL_LOG_STD);
        IndexRange centers = ranges.get(CENTER_KEY);
        if (layer.conf().getLayer() instanceof BatchNormalization conf && mean != null) {
            updates.add(movingStatistics(layer, conf, mean, variance, logDeviation));
        } else if (centers != null && layer.conf().getLayer() instanceof CenterLossOutputLayer conf) {
            int classes = Math.toIntExact(conf.getNOut());
            updates.add(new UpdateSource(new ClassCenters(centers, classes), LayoutBuilder::classCounts));
        } else {
            for (IndexRange range : ranges.values()) {
                updates.add(new UpdateSource(new MeanUpdate(range), labels -> new double[] {labels.size(0)}));
            }
        }
    }

    private UpdateSource movingStatistics(
            Layer layer,
            BatchNormalization conf,
            IndexRange mean,
            @Nullable IndexRange variance,
            @Nullable IndexRange logDeviation) {
        IndexRange spread = variance != null ? variance : Objects.requireNonNull(logDeviation);
        VarianceForm form = variance != null ? VarianceForm.VARIANCE : VarianceForm.LOG10_STANDARD_DEVIATION;
        MovingStatistics at = new MovingStatistics(mean, spread, form, conf.getDecay(), parameters);
        double channels = mean.length();
        return new UpdateSource(
                statistics.poolFor(at), labels -> new double[] {layer.input().length() / channels});
    }

    private static double[] classCounts(INDArray labels) {
        return labels.sum(0).toDoubleVector();
    }
}
