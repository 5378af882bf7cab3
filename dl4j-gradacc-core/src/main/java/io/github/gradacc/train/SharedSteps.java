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
import org.nd4j.linalg.dataset.api.MultiDataSet;

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

    private final TrainedNetwork network;
    private final WindowStep step;
    private final Optional<LabelCounter> counter;
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
        step = new WindowStep(network, whole);
        described = new TreeMap<>(whole.described());
        described.put("accumulation", "shares of windows");
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
        return new SharedTraining(network, new TrainingFiles(network, new SharedMemory(step.remembering()), all));
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
            like = step.failures().translating(() -> network.tryPass(pass));
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
                        network.iteration(), network.epoch(), inPasses ? factors : List.of(), step.asksForNorms()),
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
        step.begin();
        try {
            StepReport prepared = step.prepare(g, () -> sum(window, shares, failure));
            return step.take(prepared, () -> required(example));
        } catch (SkippedStep skip) {
            return step.drop(skip, window.count().microBatches(), window.count().examples(), 0);
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

    private SummedWindow sum(SharedWindow window, List<SumState> shares, Optional<ShareFailure> failure) {
        if (failure.isPresent()) {
            throw failure.get().toException();
        }
        MicroGradient layout = required(like);
        shares.forEach(share -> g.merge(share, layout));
        return new SummedWindow(SummedWindow.factor(window.countsNothing(), window.factor()), List.of(), 0);
    }

    /** Frees the memory of the sum. */
    @Override
    public void close() {
        g.close();
    }
}
