/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.tune;

import io.github.gradacc.dl4j.Network;
import io.github.gradacc.pass.RandomStream;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for the micro-batch size and the number of workers that train fastest within a limit on memory.
 *
 * <pre>
 *   for each number of workers 1, 2, 4, ... up to the number of cores:
 *       for each micro-batch size 8, 16, 32, ... below that of the sample, and with 1 worker the whole sample:
 *           end with this number of workers if the sizes before say that it takes more memory than the limit
 *           take 3 steps, and note the peak of the process's resident memory
 *           take up to 15 more, and note their median time
 *   the fastest and the whole sample take turns, and are timed again
 * </pre>
 *
 * <p>The steps are those of the trainer, on copies of the network with its parameters, updater state and counters. The
 * network itself is not touched: neither these nor its listeners and score, nor the random generator of the calling
 * thread. The copy takes the memory of another network while the tuner runs, and counts; so a limit is kept rather too
 * well. The data is not changed. No other thread may train meanwhile, and a machine that does something else tunes for
 * that.
 *
 * <p>Memory is the resident memory of the process, with the Java heap as far as it was touched, all arrays, and the
 * garbage among them that has not been collected. It is what JavaCPP's limit ({@code maxphysicalbytes}) and those of
 * containers count, and can only be compared within one run: later figures contain what earlier ones left in the heap.
 *
 * <p>Do not use it to compare networks, or to find a learning rate: it only asks what is fast. Where layers depend on
 * their micro-batch (batch normalization), its size is a matter of accuracy, too.
 *
 * <p>A value: each setter returns a copy.
 */
public final class MicroBatchTuner {

    private static final Logger log = LoggerFactory.getLogger(MicroBatchTuner.class);

    private static final Settings DEFAULTS =
            new Settings(defaultLimit(), Duration.ofMinutes(1), List.of(), line -> log.info("{}", line));

    private final Network network;
    private final Function<Network, GradientAccumulationTrainer.Builder> trainers;
    private final Settings settings;

    private record Settings(long memoryLimit, Duration timeLimit, List<Integer> sizes, Consumer<String> progress) {}

    private MicroBatchTuner(
            Network network, Function<Network, GradientAccumulationTrainer.Builder> trainers, Settings settings) {
        this.network = network;
        this.trainers = trainers;
        this.settings = settings;
    }

    /**
     * A tuner with JavaCPP's limit on memory, and one minute of time.
     *
     * @param network an initialized network that the trainer can train; not changed
     * @throws IllegalArgumentException if it is null
     * @throws IllegalStateException if it is not initialized
     */
    public static MicroBatchTuner of(@Nullable MultiLayerNetwork network) {
        return new MicroBatchTuner(
                Network.of(network),
                copy -> GradientAccumulationTrainer.builder((MultiLayerNetwork) copy.model()),
                DEFAULTS);
    }

    /** As {@link #of(MultiLayerNetwork)}, for a graph. */
    public static MicroBatchTuner of(@Nullable ComputationGraph graph) {
        return new MicroBatchTuner(
                Network.of(graph),
                copy -> GradientAccumulationTrainer.builder((ComputationGraph) copy.model()),
                DEFAULTS);
    }

    private static long defaultLimit() {
        long limit = Pointer.maxPhysicalBytes();
        return limit > 0 ? limit : Long.MAX_VALUE;
    }

    /**
     * Sets the most resident memory that the process may take. Default: JavaCPP's {@code maxphysicalbytes}, which is
     * four times the Java heap unless it was set, or none if that was set to 0.
     *
     * @param bytes above 0; what the process takes already counts
     */
    public MicroBatchTuner memoryLimit(long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException("The limit on memory must be at least 1 byte, got " + bytes);
        }
        return with(new Settings(bytes, settings.timeLimit, settings.sizes, settings.progress));
    }

    /**
     * Sets how long it may take. Default one minute. What was begun is ended: a step may last longer, and the smallest
     * size and the whole sample are tried in any case. Each trial gets the same part of the time.
     *
     * @param limit above 0
     */
    public MicroBatchTuner timeLimit(Duration limit) {
        if (limit == null || limit.isNegative() || limit.isZero()) {
            throw new IllegalArgumentException("The time limit must be above 0, got " + limit);
        }
        return with(new Settings(settings.memoryLimit, limit, settings.sizes, settings.progress));
    }

    /**
     * Sets the micro-batch sizes to try beside the whole sample. Default: powers of two from 8 on; from 1 on if the
     * sample has no more than 8 examples, or if 8 are too many for the memory.
     *
     * @param examples each at least 1
     */
    public MicroBatchTuner microBatchSizes(int... examples) {
        if (examples == null || examples.length == 0 || Arrays.stream(examples).anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException(
                    "Micro-batch sizes are needed, each at least 1, got " + Arrays.toString(examples));
        }
        List<Integer> sizes = Arrays.stream(examples).distinct().boxed().toList();
        return with(new Settings(settings.memoryLimit, settings.timeLimit, sizes, settings.progress));
    }

    /**
     * Sets who is told of each trial. Default: the log, at level info.
     *
     * @param lines takes a line of text after each trial, on the calling thread
     */
    public MicroBatchTuner progress(Consumer<String> lines) {
        if (lines == null) {
            throw new IllegalArgumentException("progress must not be null");
        }
        return with(new Settings(settings.memoryLimit, settings.timeLimit, settings.sizes, lines));
    }

    private MicroBatchTuner with(Settings changed) {
        return new MicroBatchTuner(network, trainers, changed);
    }

    /**
     * Measures.
     *
     * @param sample a window as in training, with as many examples; its arrays are not copied or changed
     * @throws IllegalArgumentException if it is null or incomplete, has a single example or no more than a size that
     *     was to be tried, holds a closed array, or does not fit the network
     * @throws IllegalStateException if the network cannot be trained or copied, is frozen or closed, or if a single
     *     example takes more memory than the limit
     */
    public TuningReport tune(DataSet sample) {
        return tune(sample == null ? null : sample.toMultiDataSet());
    }

    /** As {@link #tune(DataSet)}, for a multi data set. */
    public TuningReport tune(@Nullable MultiDataSet sample) {
        if (sample == null) {
            throw new IllegalArgumentException("A sample is needed, got null");
        }
        int examples = examples(sample);
        requireTrainable();
        RandomStream before = RandomStream.ofThread();
        try {
            List<Trial> trials = run(sample, examples, sizes(examples));
            if (settings.sizes.isEmpty() && trials.stream().noneMatch(Trial::isMeasured)) {
                trials = run(
                        sample,
                        examples,
                        List.of(1, 2, 4).stream()
                                .filter(size -> size < examples)
                                .toList());
            }
            requireOneThatFits(trials);
            return new TuningReport(examples, settings.memoryLimit, trials);
        } finally {
            before.close();
        }
    }

    private List<Trial> run(MultiDataSet sample, int examples, List<Integer> sizes) {
        List<Integer> possible = network.takesStackedInputs() ? List.of() : sizes;
        List<Candidate> candidates =
                Candidate.of(examples, possible, Runtime.getRuntime().availableProcessors());
        return new Tuning(network, trainers, sample, settings.memoryLimit, settings.timeLimit, settings.progress)
                .run(candidates);
    }

    private List<Integer> sizes(int examples) {
        if (settings.sizes.isEmpty()) {
            return Candidate.sizes(examples);
        }
        settings.sizes.stream().filter(size -> size >= examples).findFirst().ifPresent(size -> {
            throw new IllegalArgumentException("Micro-batches of " + size + " examples cannot be tried on a sample of "
                    + examples + ": give a sample as large as a window of the training, or smaller sizes (the whole"
                    + " sample is tried in any case)");
        });
        return settings.sizes;
    }

    private int examples(MultiDataSet sample) {
        if (sample.getFeatures() == null || sample.getLabels() == null) {
            throw new IllegalArgumentException("The sample needs features and labels, one of them is null");
        }
        Stream.of(
                        sample.getFeatures(),
                        sample.getLabels(),
                        sample.getFeaturesMaskArrays(),
                        sample.getLabelsMaskArrays())
                .filter(Objects::nonNull)
                .flatMap(Arrays::stream)
                .filter(Objects::nonNull)
                .filter(INDArray::wasClosed)
                .findFirst()
                .ifPresent(closed -> {
                    throw new IllegalArgumentException("The sample holds an array that was closed; give a copy that"
                            + " lives as long as the tuner runs");
                });
        network.requireFeatures(sample.numFeatureArrays());
        network.requireLabels(sample.numLabelsArrays());
        long examples =
                sample.getFeatures(0).rank() == 0 ? 0 : sample.getFeatures(0).size(0);
        if (examples < 2) {
            throw new IllegalArgumentException("The sample has " + examples
                    + " example, which cannot be cut: give one with as many examples as a window of the training");
        }
        return Math.toIntExact(examples);
    }

    private void requireTrainable() {
        if (network.model().params() != null && network.model().params().wasClosed()) {
            throw new IllegalStateException("The network was closed; tune before closing it, or load it again");
        }
        if (network.isFrozen()) {
            throw new IllegalStateException(
                    "No layer of the network is trained, all are frozen or have no parameters: there is nothing to"
                            + " tune");
        }
    }

    private void requireOneThatFits(List<Trial> trials) {
        if (trials.stream().noneMatch(Trial::isMeasured)) {
            long peak = trials.stream().mapToLong(Trial::peakBytes).max().orElse(0);
            throw new IllegalStateException("Micro-batches of "
                    + trials.stream().mapToInt(Trial::microBatchSize).min().orElse(1)
                    + " take more memory than the limit of " + settings.memoryLimit + " bytes"
                    + (peak > 0 ? ": the process took " + peak : "") + ". The process alone takes "
                    + ResidentMemory.now()
                    + " bytes now, with this network and its sample: allow more, or take a smaller"
                    + " network");
        }
    }
}
