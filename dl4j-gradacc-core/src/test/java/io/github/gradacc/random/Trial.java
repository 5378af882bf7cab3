/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import io.github.gradacc.array.Slice;
import io.github.gradacc.testing.Listed;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Tolerance;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Trains what a plan says by accumulation, and natively on the windows joined into big batches.
 *
 * <p>Where the results differ by more than 1e-12, native training is repeated with the examples of each window in other
 * orders, which is the same mathematics again. What that changes is the network's own rounding, magnified; ours may
 * differ by {@value #FACTOR} times as much, as the largest of two samples is no bound. Where it changes more than
 * {@value #LARGEST_ROUNDING} nothing can be told.
 */
final class Trial {

    private static final double FACTOR = 100;
    private static final double LARGEST_ROUNDING = 1e-8;

    private final UnaryOperator<GradientAccumulationTrainer.Builder> change;

    Trial() {
        this(settings -> settings);
    }

    /** With a change to the trainer that should be found. */
    Trial(UnaryOperator<GradientAccumulationTrainer.Builder> change) {
        this.change = change;
    }

    Outcome run(Plan plan) {
        return plan.network().graph() ? run(plan, NetworkClass.GRAPH) : run(plan, NetworkClass.LAYERS);
    }

    private <T extends Model> Outcome run(Plan plan, NetworkClass<T> type) {
        Left expected;
        try {
            expected = natively(plan, type, 0);
        } catch (RuntimeException e) {
            return new Outcome(Outcome.Kind.IMPOSSIBLE, String.valueOf(e));
        }
        Left ours;
        try {
            ours = accumulated(plan, type);
        } catch (RuntimeException e) {
            return new Outcome(Outcome.Kind.DIFFERENT, "the trainer throws " + e + ", caused by " + e.getCause());
        }
        if (!ours.counters().equals(expected.counters())) {
            return new Outcome(
                    Outcome.Kind.DIFFERENT, "counters " + ours.counters() + ", natively " + expected.counters());
        }
        return compare(plan, type, ours, expected);
    }

    private <T extends Model> Outcome compare(Plan plan, NetworkClass<T> type, Left ours, Left expected) {
        String magnified = "";
        for (String name : expected.values().keySet()) {
            double distance = ours.distance(name, expected);
            if (distance <= Tolerance.DOUBLE) {
                continue;
            }
            double rounding = rounding(plan, type, name, expected);
            String message = name + " differ by " + distance + ", where another order of the examples changes "
                    + "native training by " + rounding;
            if (!(distance <= FACTOR * rounding)) {
                return new Outcome(Outcome.Kind.DIFFERENT, message);
            }
            if (!(rounding <= LARGEST_ROUNDING)) {
                return new Outcome(Outcome.Kind.UNSTABLE, message);
            }
            magnified = message;
        }
        return new Outcome(magnified.isEmpty() ? Outcome.Kind.SAME : Outcome.Kind.ROUNDING, magnified);
    }

    /** What changes natively with the order of the examples. */
    private <T extends Model> double rounding(Plan plan, NetworkClass<T> type, String name, Left expected) {
        return Math.max(
                natively(plan, type, 1).distance(name, expected),
                natively(plan, type, 2).distance(name, expected));
    }

    private <T extends Model> Left accumulated(Plan plan, NetworkClass<T> type) {
        T network = network(plan, type);
        try (var trainer = change.apply(plan.cut().apply(type.builder(network))).build()) {
            trainer.fit(new Listed(plan.batches()), plan.cut().epochs());
            trainer.flush();
        }
        return Left.by(network, plan.network().normalizesBatch());
    }

    private <T extends Model> Left natively(Plan plan, NetworkClass<T> type, int order) {
        T network = network(plan, type);
        List<List<List<MultiDataSet>>> epochs = plan.cut().windows(plan.batches());
        for (int i = 0; i < epochs.size(); i++) {
            List<MultiDataSet> windows =
                    epochs.get(i).stream().map(it -> inOrder(joined(it), order)).toList();
            if (i >= plan.cut().epochs()) {
                windows.forEach(it -> fitOne(plan, (NeuralNetwork) network, it));
            } else {
                type.fit(network, new Listed(windows), 1);
            }
        }
        return Left.by(network, plan.network().normalizesBatch());
    }

    /** A mask of features only makes MultiLayerNetwork.fit(MultiDataSet) fail, one of labels only is dropped. */
    private static void fitOne(Plan plan, NeuralNetwork network, MultiDataSet window) {
        if (plan.network().graph()) {
            network.fit(window);
        } else {
            network.fit(new DataSet(
                    window.getFeatures(0),
                    window.getLabels(0),
                    window.getFeaturesMaskArray(0),
                    window.getLabelsMaskArray(0)));
        }
    }

    private static <T extends Model> T network(Plan plan, NetworkClass<T> type) {
        T network = plan.network().graph() ? type.init(plan.graph()) : type.init(plan.layers());
        Nd4j.getRandom().setSeed(plan.seed());
        return network;
    }

    /** DL4J's merge pads sequences of different lengths and masks them; it refuses some masks of one column. */
    private static MultiDataSet joined(List<MultiDataSet> batches) {
        boolean sameLengths = batches.stream()
                        .map(batch -> batch.getFeatures(0))
                        .map(it -> it.size(it.rank() - 1))
                        .distinct()
                        .count()
                == 1;
        return sameLengths
                ? new MultiDataSet(
                        concatenate(batches.stream().map(MultiDataSet::getFeatures)),
                        concatenate(batches.stream().map(MultiDataSet::getLabels)),
                        concatenate(batches.stream().map(MultiDataSet::getFeaturesMaskArrays)),
                        concatenate(batches.stream().map(MultiDataSet::getLabelsMaskArrays)))
                : MultiDataSet.merge(batches);
    }

    /** The arrays of the batches, one below the other. */
    private static INDArray @Nullable [] concatenate(Stream<INDArray[]> arraysOfBatches) {
        List<INDArray[]> all = new ArrayList<>();
        arraysOfBatches.forEach(all::add);
        INDArray[] first = all.get(0);
        if (first == null) {
            return null;
        }
        INDArray[] joined = new INDArray[first.length];
        for (int i = 0; i < joined.length; i++) {
            int position = i;
            joined[i] = first[i] == null
                    ? null
                    : Nd4j.concat(
                            0, all.stream().map(arrays -> arrays[position]).toArray(INDArray[]::new));
        }
        return joined;
    }

    /** Order 0 is that of the data, 1 the reverse, 2 begins in the middle. */
    private static MultiDataSet inOrder(MultiDataSet window, int order) {
        return order == 0
                ? window
                : new MultiDataSet(
                        inOrder(window.getFeatures(), order),
                        inOrder(window.getLabels(), order),
                        inOrder(window.getFeaturesMaskArrays(), order),
                        inOrder(window.getLabelsMaskArrays(), order));
    }

    private static INDArray @Nullable [] inOrder(INDArray @Nullable [] arrays, int order) {
        if (arrays == null) {
            return null;
        }
        return Stream.of(arrays).map(it -> inOrder(it, order)).toArray(INDArray[]::new);
    }

    private static @Nullable INDArray inOrder(@Nullable INDArray array, int order) {
        if (array == null || array.size(0) == 1) {
            return array;
        }
        int rows = (int) array.size(0);
        INDArray[] parts = new INDArray[rows];
        for (int i = 0; i < rows; i++) {
            int from = order == 1 ? rows - 1 - i : (i + rows / 2) % rows;
            parts[i] = Slice.of(array, 0, from, from + 1);
        }
        return Nd4j.concat(0, parts);
    }
}
