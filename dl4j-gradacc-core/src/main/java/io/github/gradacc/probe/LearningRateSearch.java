/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.batch.Batch;
import io.github.gradacc.batch.Batches;
import io.github.gradacc.batch.FiniteData;
import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.dl4j.Network;
import io.github.gradacc.dl4j.Replica;
import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.NotFiniteException;
import io.github.gradacc.pass.Pass;
import io.github.gradacc.pass.PassException;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.nd4j.linalg.learning.config.IUpdater;

/** One search for a learning rate, in a copy of a network. */
final class LearningRateSearch implements AutoCloseable {

    private final RateRamp ramp;
    private final TrainedNetwork trained;
    private final List<IUpdater> updaters;
    private final int[] labelRows;
    private final GradientSum sum = new GradientSum();
    private final List<LearningRateReport.Point> points = new ArrayList<>();
    private final List<MultiDataSet> window = new ArrayList<>();
    private double average;
    private double best = Double.POSITIVE_INFINITY;

    LearningRateSearch(Network network, RateRamp ramp) {
        requireOneRate(network);
        this.ramp = ramp;
        Network copy = Replica.detached(network);
        trained = TrainedNetwork.toMeasure(copy);
        copy.copyUpdaterState(network);
        updaters = rated(copy);
        labelRows = copy.labelRows();
    }

    private static void requireOneRate(Network network) {
        if (network.segmentLength().isPresent()) {
            throw new IllegalStateException(
                    "The network trains by truncated BPTT, whose steps on time segments are not searched: search with a"
                            + " network for BackpropType.Standard, on sequences as long as a segment");
        }
        List<IUpdater> rated = rated(network);
        if (rated.isEmpty()) {
            throw new IllegalStateException(
                    "There is no learning rate to look for: no parameter of the network is trained by an updater that"
                            + " has one. Its layers are frozen, or have updaters such as NoOp and AdaDelta");
        }
        Set<Double> rates = new TreeSet<>();
        rated.forEach(updater -> rates.add(updater.getLearningRate(network.iteration(), network.epoch())));
        if (rates.size() > 1) {
            throw new IllegalStateException("One learning rate is looked for, but the parameters of the network have "
                    + rates + " (layers and biases may have updaters of their own): search with the same for all,"
                    + " and scale it for each afterwards");
        }
    }

    private static List<IUpdater> rated(Network network) {
        return network.updaters().stream().filter(IUpdater::hasLearningRate).toList();
    }

    LearningRateReport run(MultiDataSetIterator data) {
        // What the data draws, and what passes draw, comes from a stream that leaves the thread's generator alone.
        try (var stream = trained.stepStream()) {
            while (points.size() < ramp.steps()) {
                if (!searchThrough(data)) {
                    return new LearningRateReport(points, true);
                }
            }
            return new LearningRateReport(points, false);
        } finally {
            trained.clearLayers();
        }
    }

    /** Once through the data, or less if the search ends. Returns false if the score diverges. */
    private boolean searchThrough(MultiDataSetIterator data) {
        if (!points.isEmpty() && !data.resetSupported()) {
            throw new IllegalArgumentException("The iterator ended after " + points.size() + " of " + ramp.steps()
                    + " windows and does not support a reset: give one that does, or more batches,"
                    + " or take fewer steps");
        }
        try (Batches batches = Batches.of(data)) {
            while (points.size() < ramp.steps() && batches.hasNext()) {
                if (!takeStep(batches)) {
                    return false;
                }
            }
            return true;
        } finally {
            sum.clear();
            trained.discard();
        }
    }

    private boolean takeStep(Batches batches) {
        double rate = ramp.rate(points.size());
        window.clear();
        MultiDataSet last;
        INDArray gradient;
        try {
            last = sumWindow(batches);
            gradient = trained.gradient();
            sum.writeTo(gradient);
        } catch (NotFiniteException e) {
            return diverged(rate);
        }
        double score = trained.score(sum.score(), 1);
        if (!sum.isFinite(gradient) || !add(rate, score)) {
            return diverged(rate);
        }
        updaters.forEach(updater -> updater.setLrAndSchedule(rate, null));
        trained.step(sum.examples(), score, last);
        sum.clear();
        return true;
    }

    /** Returns false if the point just added ends the search. */
    private boolean add(double rate, double score) {
        double beta = ramp.smoothing();
        average = beta * average + (1 - beta) * score;
        double smoothed = average / (1 - Math.pow(beta, points.size() + 1));
        points.add(new LearningRateReport.Point(rate, score, smoothed));
        boolean goesOn = points.size() == 1 ? Double.isFinite(smoothed) : !ramp.isDiverged(smoothed, best);
        best = Math.min(best, smoothed);
        return goesOn;
    }

    /** A score that is not finite before any rate of note was tried is not the rate's fault. */
    private boolean diverged(double rate) {
        if (rate == ramp.from()) {
            throw new IllegalStateException(
                    "The score or the gradient of the first window is not finite, before any step: look for NaN in the"
                            + " data and the network's parameters");
        }
        window.forEach(this::requireFinite);
        return false;
    }

    /** Data that is not finite would look like a rate that is too large. */
    private void requireFinite(MultiDataSet data) {
        FiniteData.require(data, "Rates are searched on numbers", "window " + points.size() + " of the search");
    }

    private MultiDataSet sumWindow(Batches batches) {
        MultiDataSet last = batches.next();
        addBatch(last);
        for (int i = 1; i < ramp.accumulationSteps() && batches.hasNext(); i++) {
            last = batches.next();
            addBatch(last);
        }
        return last;
    }

    private void addBatch(MultiDataSet data) {
        window.add(data);
        Batch batch = Batch.of(data, labelRows);
        trained.requireArrays(data);
        int first = sum.microBatches();
        List<Pass> passes = new ArrayList<>();
        for (Batch part :
                MicroBatches.of(batch, ramp.microBatchSize()).avoiding(size -> trained.misreadsMasks(data, size))) {
            passes.add(new Pass(
                    first + passes.size(),
                    part.examples(),
                    Optional.of(part.data()),
                    Optional.empty(),
                    true,
                    List.of()));
        }
        try {
            trained.accumulate(passes.iterator(), sum);
        } catch (PassException e) {
            String what = "Window " + points.size() + " of the search cannot be computed: ";
            throw switch (e.reason()) {
                case INTERRUPTED -> new IllegalStateException(what + "the thread was interrupted", e);
                case FAILED -> new IllegalStateException(what + e.explanation(), e);
            };
        }
    }

    @Override
    public void close() {
        sum.close();
        trained.close();
    }
}
