/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.MicroGradient;
import io.github.gradacc.grad.SumState;
import io.github.gradacc.pass.LabelCounter;
import io.github.gradacc.pass.Pass;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the steps of a network whose gradients are computed elsewhere, in shares, by {@link ShareWorker}s.
 *
 * <pre>
 *   for each window of N examples:
 *       g := sum of its shares, in their order
 *       parameters := parameters - updater(transforms(factor g / N))
 * </pre>
 *
 * <p>It is the trainer's step, on a sum that arrives. Not thread-safe; callers hold the network's monitor.
 */
@API(status = API.Status.INTERNAL)
public final class SharedSteps implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SharedSteps.class);

    private final TrainedNetwork network;
    private final GradientTransforms transforms;
    private final Optional<LabelCounter> counter;
    private final WindowListeners windowListeners;
    private final Failures failures;
    private final Skips skips;
    private final boolean filters;
    private final Map<String, Remembering> remembering = new TreeMap<>();
    private final Map<String, String> described;
    private final GradientSum g = new GradientSum();
    private @Nullable MultiDataSet example;

    /** The gradient of the example: what its positions mean holds for every sum. */
    private @Nullable MicroGradient like;

    /**
     * Checks a network.
     *
     * @param network the network, not copied
     * @param settings how shares are computed
     * @param gradientTransforms what the mean gradient goes through
     * @param nonFinite what happens to gradients that are not finite
     * @param mostInARow how many windows in a row may be dropped for them
     * @param stepFilter may veto steps; null if none does
     * @throws IllegalStateException if the network cannot be trained in shares; the message says why and what to do
     */
    public SharedSteps(
            TrainedNetwork network,
            ShareSettings settings,
            List<GradientTransform> gradientTransforms,
            NonFinitePolicy nonFinite,
            int mostInARow,
            @Nullable StepFilter stepFilter) {
        if (network.segmentLength().isPresent()) {
            throw new IllegalStateException("The network trains by truncated BPTT, which takes a step after each time"
                    + " segment and keeps the state of every sequence in between: that is not shared out. Use"
                    + " backpropType(BackpropType.Standard), or GradientAccumulationTrainer on one machine");
        }
        if (nonFinite == NonFinitePolicy.SKIP_MICRO_BATCH) {
            throw new IllegalStateException("nonFinite(SKIP_MICRO_BATCH) changes what a window is divided by while its"
                    + " shares are computed in different places: use REFUSE or SKIP_STEP");
        }
        this.network = network;
        checkCutting(network, settings);
        counter = settings.lossNormalization().divisor().map(network::labelCounter);
        transforms = new GradientTransforms(network, gradientTransforms);
        windowListeners = new WindowListeners(network);
        failures = new Failures(network);
        Settings whole = new Settings(
                AccumulationSchedule.constant(1),
                settings.microBatchSize(),
                PartialWindow.STEP,
                settings.lossNormalization(),
                OutOfMemoryPolicy.FAIL,
                gradientTransforms,
                nonFinite,
                mostInARow,
                LossScaling.none(),
                stepFilter == null ? candidate -> true : stepFilter,
                stepFilter != null);
        filters = whole.filters();
        skips = new Skips(whole, new LossScale(LossScaling.none()), network, failures, windowListeners);
        remembering.put("nonFinite", skips);
        if (stepFilter instanceof Remembering filter) {
            remembering.put("stepFilter", filter);
        }
        described = new TreeMap<>(whole.described());
        described.put("parallelism", settings.parallelism() == 1 ? "1" : "above 1");
        described.put("batchNormStatistics", settings.batchNormStatistics().name());
    }

    /** Said here, where it is read, rather than by each worker. */
    private static void checkCutting(TrainedNetwork network, ShareSettings settings) {
        Cutting unused = new Cutting(settings.microBatchSize(), new FittingSize(), network);
    }

    /**
     * Returns the training as it can be saved between two steps.
     *
     * @param dealing the settings by which windows are made of data, in words: with others a training is another one
     */
    public SharedTraining training(Map<String, String> dealing) {
        Map<String, String> all = new TreeMap<>(described);
        all.putAll(dealing);
        return new SharedTraining(network, new TrainingFiles(network, new SharedMemory(remembering), all));
    }

    /** Tells whether an example is needed before the first step. */
    public boolean needsExample() {
        return example == null;
    }

    /**
     * Shows the network one example, which stays in it as its input and labels: DL4J makes its gradient array in a
     * first pass. Nothing is trained.
     *
     * @param data one example, checked, kept
     * @throws MicroBatchException if the pass fails
     */
    public void showExample(MultiDataSet data) {
        Pass pass = new Pass(0, 1, Optional.of(data), Optional.empty(), true, List.of());
        try {
            like = failures.translating(() -> network.tryPass(pass));
            example = data;
        } finally {
            network.clearLayers();
        }
    }

    /**
     * Opens a window.
     *
     * @param count of all its batches
     */
    public SharedWindow open(ShareCount count) {
        double[] labels =
                count.labels().stream().mapToDouble(Double::doubleValue).toArray();
        List<Double> factors = counter.map(present -> present.factors(labels, count.examples()))
                .orElse(List.of());
        boolean inPasses = counter.filter(LabelCounter::scalesPasses).isPresent();
        return new SharedWindow(
                count,
                new ShareTask(
                        network.iteration(),
                        network.epoch(),
                        inPasses ? factors : List.of(),
                        windowListeners.askForNorms()),
                inPasses || factors.isEmpty() ? 1 : factors.get(0),
                counter.isPresent() && count.labels().stream().allMatch(each -> each == 0));
    }

    /**
     * Takes a step, unless a gradient is not finite and the policy says to skip such.
     *
     * @param window what {@link #open} returned
     * @param shares in their order, which decides the bits of pooled statistics; where gradients were added before,
     *     one of them has the sum of all
     * @param failure the first one of the shares in their order, if one failed
     * @throws IllegalArgumentException if the data did not fit
     * @throws MicroBatchException if a pass failed
     * @throws NonFiniteGradientException if a gradient is not finite
     */
    public StepReport step(SharedWindow window, List<SumState> shares, Optional<ShareFailure> failure) {
        StepEvent event = new StepEvent();
        event.begin();
        try {
            StepReport report = skips.judging(() -> computeGradient(window, shares, failure));
            if (report.stepped()) {
                skips.requireAccepted(report);
                network.step(g.examples(), report.score(), required(example));
                skips.stepped();
                event.end();
                if (event.shouldCommit()) {
                    event.describe(report);
                    event.commit();
                }
            }
            return report;
        } catch (SkippedStep skip) {
            return drop(skip, window.count());
        } finally {
            g.clear();
            network.discard();
        }
    }

    private static <T> T required(@Nullable T shown) {
        if (shown == null) {
            throw new IllegalStateException("An example must be shown before the first step");
        }
        return shown;
    }

    /** {@code gradient := transforms(factor g)}, which DL4J will divide by N, the number of examples in g. */
    private StepReport computeGradient(SharedWindow window, List<SumState> shares, Optional<ShareFailure> failure) {
        if (failure.isPresent()) {
            throw failure.get().toException();
        }
        MicroGradient layout = required(like);
        shares.forEach(share -> g.merge(share, layout));
        if (window.countsNothing()) {
            log.warn(
                    "No label counts in a window of {} examples, so it has no mean loss: step {} is not taken on it",
                    g.examples(),
                    network.iteration());
            return report(Double.NaN, Double.NaN, false);
        }
        INDArray gradient = network.gradient();
        g.writeTo(gradient, window.factor());
        failures.requireFinite(g, gradient, window.factor());
        windowListeners.announce(g, gradient, window.factor());
        double raw = filters ? g.norm(gradient) : Double.NaN;
        double asked = transforms.apply(g.examples());
        double norm = filters && Double.isNaN(asked) ? raw / network.divisor(g.examples()) : asked;
        return report(network.score(g.score(), window.factor()), norm, true);
    }

    private StepReport drop(SkippedStep skip, ShareCount count) {
        skips.tellOf(skip, count.microBatches(), count.examples());
        return new StepReport(
                network.iteration(),
                network.epoch(),
                0,
                0,
                skip.reportedScore(),
                skip.reportedNorm(),
                false,
                count.microBatches(),
                count.examples(),
                1,
                0);
    }

    private StepReport report(double score, double norm, boolean stepped) {
        return new StepReport(
                network.iteration(), network.epoch(), g.microBatches(), g.examples(), score, norm, stepped, 0, 0, 1, 0);
    }

    /** Frees the memory of the sum. */
    @Override
    public void close() {
        g.close();
    }
}
