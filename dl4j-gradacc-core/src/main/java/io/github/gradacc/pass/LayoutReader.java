/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.dl4j.GradientSlice;
import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.Network;
import io.github.gradacc.grad.ClassCenters;
import io.github.gradacc.grad.GradientLayout;
import io.github.gradacc.grad.IndexRange;
import io.github.gradacc.grad.MeanUpdate;
import io.github.gradacc.grad.MovingStatistics;
import io.github.gradacc.grad.StatisticsPolicy;
import io.github.gradacc.grad.UpdateRule;
import io.github.gradacc.grad.VarianceForm;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Derives the layout of the sum from what DL4J writes into a gradient array, and the weights of its updates. */
final class LayoutReader {

    private final StatisticsPolicy statistics;
    private final List<IndexRange> gradients = new ArrayList<>();
    private final List<UpdateRule> updates = new ArrayList<>();
    private final List<IntFunction<double[]>> weights = new ArrayList<>();
    private final GradientLayout layout;
    private @Nullable IndexRange movingMean;

    /**
     * Reads.
     *
     * @param network a network that has made a pass
     * @param written the names of the parameters whose gradients the pass wrote
     * @param length number of elements of the gradient array
     * @param statistics what to do with moving statistics
     */
    LayoutReader(Network network, Set<String> written, long length, StatisticsPolicy statistics) {
        this.statistics = statistics;
        GradientSlice.of(network, written).forEach(this::add);
        layout = new GradientLayout(length, gradients, updates);
    }

    GradientLayout layout() {
        return layout;
    }

    /**
     * Weighs the micro-batch whose backward pass ends now, for each update of the layout.
     *
     * @param examples its number of examples
     */
    List<double[]> updateWeights(int examples) {
        return weights.stream().map(weight -> weight.apply(examples)).toList();
    }

    private void add(GradientSlice slice) {
        LayerView layer = slice.layer();
        IndexRange range = new IndexRange(slice.from(), slice.to());
        switch (slice.content()) {
            case GRADIENT -> gradients.add(range);
            case MOVING_MEAN -> movingMean = range;
            case MOVING_VARIANCE -> addStatistics(layer, range, VarianceForm.VARIANCE);
            case MOVING_LOG10_STD -> addStatistics(layer, range, VarianceForm.LOG10_STANDARD_DEVIATION);
            case CLASS_CENTERS ->
                add(new ClassCenters(range, layer.classCounts().length), examples -> layer.classCounts());
            case OTHER_UPDATE -> add(new MeanUpdate(range), examples -> new double[] {examples});
        }
    }

    /** DL4J keeps the variance of a layer behind its mean. */
    private void addStatistics(LayerView layer, IndexRange variance, VarianceForm form) {
        IndexRange mean = Objects.requireNonNull(movingMean, "the mean comes before the variance");
        long channels = mean.length();
        add(new MovingStatistics(mean, variance, form, layer.movingDecay(), statistics), examples ->
                new double[] {layer.valuesPerChannel(channels)});
    }

    private void add(UpdateRule rule, IntFunction<double[]> weight) {
        updates.add(rule);
        weights.add(weight);
    }
}
