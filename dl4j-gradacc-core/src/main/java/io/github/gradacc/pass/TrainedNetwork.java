/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.array.MemoryShortage;
import io.github.gradacc.dl4j.Accumulation;
import io.github.gradacc.dl4j.LayerFacts;
import io.github.gradacc.dl4j.LayerTable;
import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.MaskedConvolution;
import io.github.gradacc.dl4j.Network;
import io.github.gradacc.dl4j.Part;
import io.github.gradacc.dl4j.Replica;
import io.github.gradacc.dl4j.UnregularizedPasses;
import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.MicroGradient;
import io.github.gradacc.grad.StatisticsPolicy;
import io.github.gradacc.loss.LossCtc;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.zip.ZipOutputStream;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A DL4J network that is trained, seen as gradients and steps.
 *
 * <p>A step of native training, {@code net.fit(batch)}, is taken apart into a pass for each micro-batch of the batch
 * ({@link #accumulate}) and one {@link #step}. Nothing but {@code step} and {@link #endEpoch()} changes parameters,
 * updater state or counters.
 *
 * <p>Not thread-safe; callers hold {@link #monitor()} as native training does.
 */
@API(status = API.Status.INTERNAL)
public final class TrainedNetwork implements AutoCloseable {

    /** In place of the position of a micro-batch. */
    private static final int STEP = -1;

    private final Network network;
    private final int parallelism;
    private final PassMaker maker;
    private final PassRunner runner;
    private final ActivationLog activations = new ActivationLog();
    private final ParameterUpdate update;
    private final int[] labelRows;

    private TrainedNetwork(Network network, StatisticsPolicy statistics, int parallelism, SmallSamples small) {
        this.network = network;
        this.parallelism = parallelism;
        labelRows = network.labelRows();
        long seed = network.model().conf().getSeed();
        maker = new PassMaker(network, statistics, small, seed, 0);
        runner = parallelism == 1
                ? new SequentialPasses(maker)
                : new ParallelPasses(
                        network,
                        maker,
                        parallelism - 1,
                        worker -> new PassMaker(unregularizedReplica(network), statistics, small, seed, worker));
        update = new ParameterUpdate(network.model().conf().getStepFunction(), network.trainingWorkspaces());
    }

    /**
     * Wraps a network.
     *
     * @param network an initialized network that trains by stochastic gradient descent; not copied
     * @param statistics what normalizing layers do with a window of several micro-batches
     * @param parallelism how many passes are made side by side, at least 1
     * @throws IllegalArgumentException if it is null
     * @throws IllegalStateException if it cannot be trained this way; the message says why and what to do
     */
    public static TrainedNetwork of(@Nullable MultiLayerNetwork network, StatisticsPolicy statistics, int parallelism) {
        return toTrain(Network.of(network), statistics, parallelism);
    }

    /** As {@link #of(MultiLayerNetwork, StatisticsPolicy, int)}, for a graph. */
    public static TrainedNetwork of(@Nullable ComputationGraph graph, StatisticsPolicy statistics, int parallelism) {
        return toTrain(Network.of(graph), statistics, parallelism);
    }

    private static TrainedNetwork toTrain(Network network, StatisticsPolicy statistics, int parallelism) {
        TrainingRequirements.check(network);
        createUpdater(network);
        return new TrainedNetwork(network, statistics, parallelism, SmallSamples.warning());
    }

    /**
     * Makes a network that computes gradients for one elsewhere. It has no updater, and must take no step.
     *
     * @param blueprint what {@link #blueprint()} of the other one returned
     * @param parameters shape [1, all parameters], not copied: overwrite them to follow the other one
     * @param statistics what normalizing layers do with a window of several micro-batches
     * @param parallelism how many passes are made side by side, at least 1
     * @throws IllegalStateException if the configuration cannot be read here
     */
    public static TrainedNetwork forPasses(
            NetworkBlueprint blueprint, INDArray parameters, StatisticsPolicy statistics, int parallelism) {
        Network network = Network.ofPortableJson(blueprint.isGraph(), blueprint.json(), parameters);
        TrainingRequirements.check(network);
        return new TrainedNetwork(network, statistics, parallelism, SmallSamples.warning());
    }

    /**
     * Wraps either kind of network to look at its gradients, one pass after the other, and perhaps at what its steps
     * do: no advice on the size of micro-batches is logged.
     */
    public static TrainedNetwork toMeasure(Network network) {
        TrainingRequirements.check(network);
        createUpdater(network);
        return new TrainedNetwork(network, StatisticsPolicy.POOLED, 1, SmallSamples.ignoring());
    }

    private static void createUpdater(Network network) {
        try {
            network.createUpdater();
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "DL4J cannot create the network's updater (" + e + "); native training would fail the same way", e);
        }
    }

    private static Network unregularizedReplica(Network network) {
        try {
            Network replica = Replica.of(network, unchanged -> {});
            UnregularizedPasses.forGood(replica);
            return replica;
        } catch (IllegalStateException e) {
            throw new IllegalStateException(
                    "parallelism above 1 needs copies of the network: use parallelism(1). " + e.getMessage(), e);
        }
    }

    /**
     * Returns what {@link #forPasses} needs, but for the parameters.
     *
     * @throws IllegalStateException if the configuration cannot be written to JSON and read again
     */
    public NetworkBlueprint blueprint() {
        return new NetworkBlueprint(network.isGraph(), network.portableJson());
    }

    /** Sets the counters of a network that computes gradients for another one, to where that one is. */
    public void follow(int iteration, int epoch) {
        network.setIteration(iteration);
        network.setEpoch(epoch);
        synchronizeCounters();
    }

    /** Returns the lock that native training holds. */
    public Object monitor() {
        return network.model();
    }

    /** Returns the network itself, to be shown to its listeners. */
    public Model model() {
        return network.model();
    }

    /** Returns the number of optimizer steps taken so far. */
    public int iteration() {
        return network.iteration();
    }

    /** Returns the number of epochs completed so far. */
    public int epoch() {
        return network.epoch();
    }

    /** Tells whether the network has listeners. */
    public boolean hasListeners() {
        return !network.listeners().isEmpty();
    }

    /** Returns the network's listeners of one kind, in their order; a copy. */
    public <L extends TrainingListener> List<L> listeners(Class<L> kind) {
        return network.listeners().stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }

    /** Returns how many passes are made side by side. */
    public int parallelism() {
        return parallelism;
    }

    /**
     * Returns the number of time steps after which truncated BPTT takes a step; empty if the network sees whole
     * sequences.
     */
    public OptionalInt segmentLength() {
        return network.segmentLength();
    }

    /** Tells whether features must be sequences in truncated BPTT. */
    public boolean needsFeatureSequences() {
        return network.needsFeatureSequences();
    }

    /** Tells whether the rows of one example are spread over its batch, so that it cannot be cut. */
    public boolean takesStackedInputs() {
        return network.takesStackedInputs();
    }

    /** Returns for each output how many rows its labels have for each example, in as many blocks. */
    public int[] labelRows() {
        return labelRows.clone();
    }

    /**
     * Checks the number of arrays of a batch.
     *
     * @throws IllegalArgumentException if there is not one for each input and output
     */
    public void requireArrays(MultiDataSet batch) {
        network.requireFeatures(batch.numFeatureArrays());
        network.requireLabels(batch.numLabelsArrays());
    }

    /**
     * Tells whether DL4J reads the masks of a micro-batch in another way than those of the whole batch, for no other
     * reason than its size.
     *
     * @param batch the data that the micro-batch is cut from
     * @param examples the size of the micro-batch
     */
    public boolean misreadsMasks(MultiDataSet batch, int examples) {
        return MaskedConvolution.misreads(network, batch.getFeaturesMaskArrays(), examples)
                && !(examples == 1 && LoneMask.isCured(batch, network));
    }

    /**
     * Returns what counts the labels of batches, and scales losses by it.
     *
     * @param divisor what is counted
     * @throws IllegalStateException if the losses of this network cannot be divided so; the message says why and what
     *     to do
     */
    public LabelCounter labelCounter(LossDivisor divisor) {
        return new LabelCounter(network, divisor, this::divisor);
    }

    /**
     * Returns the network's score: the scaled loss, and regularization, which passes leave out.
     *
     * @param loss score of passes
     * @param factor of their losses; 1 changes no bit
     */
    public double score(double loss, double factor) {
        double inPasses;
        try (var unregularized = UnregularizedPasses.of(network)) {
            inPasses = network.regularization();
        }
        return (loss - inPasses) * factor + network.regularization();
    }

    /** Returns the regularization term of the score. */
    public double regularization() {
        return network.regularization();
    }

    /** Returns what measures the network without training it. */
    public Inference inference() {
        return new Inference(network);
    }

    /**
     * Checks that the gradients of all losses can be scaled.
     *
     * @throws IllegalStateException if not; the message says why and what to do
     */
    public void requireScalableLosses() {
        for (LayerView output : network.outputs()) {
            String reason = output.facts().loss().isEmpty()
                    ? "has no loss function in its configuration, so its gradient cannot be scaled"
                    : output.facts().addsToLoss()
                            ? "adds center loss to its loss function, unscaled"
                            : output.facts().hasWholeBatchLoss()
                                    ? "has a loss that scores the batch as a whole, perhaps one of its own"
                                    : "";
            if (!reason.isEmpty()) {
                throw new IllegalStateException("lossScaling multiplies the gradient of every loss, but layer '"
                        + output.name() + "', a " + output.type() + ", " + reason
                        + ": leave out lossScaling, or use another output layer");
            }
        }
    }

    /** Tells whether no layer with parameters is trained. */
    public boolean isFrozen() {
        return network.isFrozen();
    }

    /** Tells whether no parameter is NaN or infinity. */
    public boolean hasFiniteParameters() {
        return Finiteness.allFinite(network.model().params());
    }

    /** Returns the parameters that are trained, with views into the gradient array; a pass must have been made. */
    public List<TrainedParameter> trainedParameters() {
        return TrainedParameter.of(network);
    }

    /**
     * Returns by what {@link #step} divides the gradient: the rows of labels, or nothing.
     *
     * @param examples number of examples in the window
     */
    public long divisor(long examples) {
        return network.model().conf().isMiniBatch() ? rows(examples) : 1;
    }

    /** DL4J takes the rows of the first output's labels for the number of examples. */
    private long rows(long examples) {
        return examples * labelRows[0];
    }

    /** Lets the calling thread draw from a stream that belongs to the next step as a whole. */
    public RandomStream stepStream() {
        return RandomStream.of(network.model().conf().getSeed(), iteration(), STEP);
    }

    /** Tells whether an output is trained by {@link LossCtc}. */
    public boolean hasLossCtc() {
        return network.outputs().stream()
                .flatMap(output -> output.facts().loss().stream())
                .anyMatch(LossCtc.class::isInstance);
    }

    /** Tells whether a vertex is written in SameDiff. */
    public boolean hasSameDiffVertex() {
        return network.hasSameDiffVertex();
    }

    /**
     * Makes forward and backward passes in training mode, up to {@link #parallelism()} side by side, and adds their
     * gradients in the order of the passes. Their scores have no regularization, which all passes of a step would
     * share. Listeners are not called.
     *
     * <p>Passes side by side use one native thread each: the setting, which belongs to the process, is put back before
     * the call returns.
     *
     * @param passes cut from the data one at a time, when a thread is free to make the next one; never by two threads
     *     at once
     * @param sum what is added to; the last gradient may still be in the network's array when the call returns
     * @throws PassException for the first pass, in their order, that fails or before which the thread was interrupted;
     *     the sum is then incomplete
     * @throws io.github.gradacc.grad.NotFiniteException if, before that, a pass leaves a gradient that is not finite;
     *     that of the last pass is found when the sum is settled or written
     */
    public void accumulate(Iterator<Pass> passes, GradientSum sum) {
        try (var unregularized = UnregularizedPasses.of(network)) {
            runner.run(passes, new WindowTotal(sum, activations, ActivationLog.isWantedBy(network.listeners())));
        }
    }

    /** Returns the network's flattened gradient array as a vector, not a copy; {@link #step} uses what it holds. */
    public INDArray gradient() {
        return maker.flat();
    }

    /**
     * Takes one optimizer step on what the gradient array holds, and tells the listeners in the order of native
     * training: forward pass, backward pass, gradient calculation; updater; parameters; iteration done; iteration
     * counter; constraints. A listener that throws before the updater leaves the network unstepped, one that throws
     * after it leaves the step complete.
     *
     * @param examples number of examples in the window
     * @param score the score of the window
     * @param window the data to leave in the network as its input and labels
     * @throws IllegalStateException if an updater has no learning rate for this step; nothing is changed or announced
     */
    public void step(long examples, double score, MultiDataSet window) {
        LearningRates.require(network);
        Model model = network.model();
        int divisor = Math.toIntExact(rows(examples));
        network.show(window);
        announceGradient(score);
        update.apply(workspaces -> network.update(model.gradient(), divisor, workspaces), model.params(), gradient());
        try {
            notifyListeners(listener -> listener.iterationDone(model, iteration(), epoch()));
        } finally {
            network.setIteration(iteration() + 1);
            model.applyConstraints(iteration(), epoch());
            synchronizeCounters();
            discard();
        }
    }

    private void synchronizeCounters() {
        network.layers().forEach(view -> view.layer().ifPresent(this::synchronizeCounters));
    }

    private void synchronizeCounters(Layer layer) {
        layer.setIterationCount(iteration());
        layer.setEpochCount(epoch());
    }

    private void announceGradient(double score) {
        Map<String, INDArray> shown = activations.joined();
        notifyListeners(listener -> network.announceForwardPass(listener, shown));
        network.setScore(score);
        notifyListeners(listener -> listener.onBackwardPass(network.model()));
        notifyListeners(listener -> listener.onGradientCalculation(network.model()));
    }

    private void notifyListeners(Consumer<TrainingListener> event) {
        List.copyOf(network.listeners()).forEach(event);
    }

    /** Forgets what passes since the last step left behind for listeners. */
    public void discard() {
        activations.clear();
    }

    /** Returns the activations that passes since the last step left behind for listeners, not copied. */
    public List<WindowActivations> activations() {
        return activations.parts();
    }

    /** Goes on with the activations of another network's open window. */
    public void restoreActivations(List<WindowActivations> saved) {
        activations.restore(saved);
    }

    /** Returns the configuration as DL4J writes it, with the counters. */
    public String configurationJson() {
        return network.configurationJson();
    }

    /** Takes over the updaters of a configuration of the same layers; the network's own is then without state. */
    public void adoptUpdaters(String configuration) {
        network.adoptUpdaters(configuration);
    }

    /** Returns the name of the network's class. */
    public String networkClass() {
        return model().getClass().getName();
    }

    /** Writes the entries of DL4J's model file. */
    public void write(ZipOutputStream zip) throws IOException {
        StoredModel.write(network, zip);
    }

    /**
     * Makes a pass for nothing but what it shows: which parameters have gradients, and what lies where. The network is
     * left as it was.
     */
    public MicroGradient tryPass(Pass pass) {
        return (MicroGradient) maker.make(pass, false).gradient();
    }

    /**
     * Checks that a stored model is one of this network.
     *
     * @throws IllegalArgumentException if its arrays differ in shape or type
     */
    public void requireFits(StoredModel model) {
        model.requireFits(network);
    }

    /** Puts a stored model that fits, with its counters and its last score, in place of what the network is. */
    public void restore(StoredModel model, int iteration, int epoch, double score) {
        model.putInto(network);
        network.setIteration(iteration);
        network.setEpoch(epoch);
        network.setScore(score);
        synchronizeCounters();
    }

    /**
     * Frees what passes keep for the next ones: their workspaces, what lies in the layers, and garbage. After a pass
     * that failed for lack of memory this also clears away what it left.
     */
    public void freeMemory() {
        runner.freeMemory();
        MemoryShortage.collectGarbage();
    }

    /**
     * Returns what would be another number with other micro-batches, in the order of the layers: normalization by the
     * statistics of a micro-batch, losses of a whole batch, and random numbers.
     */
    public List<String> dependingOnMicroBatches() {
        return network.layers().stream()
                .filter(view -> network.parts(view).stream().anyMatch(TrainedNetwork::dependsOnMicroBatch))
                .map(view -> "'" + view.name() + "', a " + view.type())
                .toList();
    }

    private static boolean dependsOnMicroBatch(Part part) {
        if (part.drawsNoise() || part.hasFixedBatch() || !part.isExamined()) {
            return true;
        }
        if (!(part.object() instanceof org.deeplearning4j.nn.conf.layers.Layer layer)) {
            return false;
        }
        LayerFacts facts = LayerTable.of(layer);
        return facts.hasWholeBatchLoss()
                || (facts.accumulation() == Accumulation.MOVING_STATISTICS && !part.inference());
    }

    /** Drops the inputs, masks and states that passes left in the layers. */
    public void clearLayers() {
        network.clearMasks();
        network.clearLayers();
        if (segmentLength().isPresent()) {
            RecurrentState.clear(network);
        }
    }

    /** Tells the listeners that an epoch starts. */
    public void startEpoch() {
        notifyListeners(listener -> listener.onEpochStart(network.model()));
    }

    /** Tells the listeners that the epoch ends, then counts it. */
    public void endEpoch() {
        notifyListeners(listener -> listener.onEpochEnd(network.model()));
        network.clearLayers();
        network.incrementEpoch();
    }

    /** Sets the time that was spent waiting for the data of the next step, as listeners report it. */
    public void setEtlMillis(long millis) {
        network.setEtlMillis(millis);
    }

    /** Ends the threads of a parallel network and frees their memory. The network underneath stays usable. */
    @Override
    public void close() {
        runner.close();
    }
}
