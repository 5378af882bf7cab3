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
import org.jspecify.annotations.Nullable;

/** Derives the layout of the sum from what DL4J writes into a gradient array, and the weights of its updates. */
final class LayoutReader {

    private final StatisticsPolicy statistics;
    private final List<IndexRange> gradients = new ArrayList<>();
    private final List<UpdateRule> updates = new ArrayList<>();
    private final SmallSamples small;
    private final List<Weighing> weights = new ArrayList<>();
    private final GradientLayout layout;
    private @Nullable IndexRange movingMean;

    /**
     * Reads.
     *
     * @param network a network that has made a pass
     * @param written the names of the parameters whose gradients the pass wrote
     * @param length number of elements of the gradient array
     * @param statistics what to do with moving statistics
     * @param small is told how many values they come from
     */
    LayoutReader(Network network, Set<String> written, long length, StatisticsPolicy statistics, SmallSamples small) {
        this.statistics = statistics;
        this.small = small;
        GradientSlice.of(network, written).forEach(this::add);
        layout = new GradientLayout(length, gradients, updates);
    }

    GradientLayout layout() {
        return layout;
    }

    /**
     * Weighs the micro-batch whose backward pass ends now, for each update of the layout.
     *
     * @param copies how many copies of each example the pass saw
     */
    List<double[]> updateWeights(Pass pass, int copies) {
        return weights.stream().map(weight -> weight.of(pass, copies)).toList();
    }

    /** What a micro-batch counts in one update. */
    @FunctionalInterface
    private interface Weighing {
        double[] of(Pass pass, int copies);
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
                add(new ClassCenters(range, layer.classCounts().length), (pass, copies) -> layer.classCounts());
            case OTHER_UPDATE -> add(new MeanUpdate(range), (pass, copies) -> new double[] {pass.examples()});
        }
    }

    /** DL4J keeps the variance of a layer behind its mean. */
    private void addStatistics(LayerView layer, IndexRange variance, VarianceForm form) {
        IndexRange mean = Objects.requireNonNull(movingMean, "the mean comes before the variance");
        long channels = mean.length();
        add(new MovingStatistics(mean, variance, form, layer.movingDecay(), statistics), (pass, copies) -> {
            double values = layer.valuesPerChannel(channels) / copies;
            small.check(layer, pass, values);
            return new double[] {values};
        });
    }

    private void add(UpdateRule rule, Weighing weight) {
        updates.add(rule);
        weights.add(weight);
    }
}
