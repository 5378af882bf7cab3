/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.dl4j.Network;
import io.github.gradacc.dl4j.PassWorkspaces;
import io.github.gradacc.dl4j.ScaledLosses;
import io.github.gradacc.grad.MicroGradient;
import io.github.gradacc.grad.StatisticsPolicy;
import io.github.gradacc.grad.ZeroGradient;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.api.Model;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Makes passes through one network: the one that is trained, or a replica of it. For one thread at a time. */
final class PassMaker {

    private final Network network;
    private final StatisticsPolicy statistics;
    private final SmallSamples small;
    private final long seed;
    private final int worker;
    private @Nullable GradientArray known;

    /**
     * Makes no pass yet.
     *
     * @param network the network, or a replica of it
     * @param statistics what to do with moving statistics
     * @param small warns of normalizing layers that see too few values
     * @param seed the seed from which micro-batches derive random streams of their own
     * @param worker the number of the worker that makes the passes: 0 for the network itself
     */
    PassMaker(Network network, StatisticsPolicy statistics, SmallSamples small, long seed, int worker) {
        this.network = network;
        this.statistics = statistics;
        this.small = small;
        this.seed = seed;
        this.worker = worker;
    }

    /** The gradient array once a pass has written it: as a vector, and what its positions mean. */
    private record GradientArray(INDArray array, INDArray flat, Set<String> names, LayoutReader layout) {}

    static void stopIfInterrupted(Pass next) {
        if (Thread.currentThread().isInterrupted()) {
            throw PassException.interrupted(next);
        }
    }

    /** Returns the network's gradient array as a vector; a pass must have been made. */
    INDArray flat() {
        return gradientArray().flat();
    }

    /** Frees what passes keep in the layers, and in the workspaces of the calling thread. Gradients stay. */
    void free() {
        network.clearMasks();
        network.clearLayers();
        if (network.segmentLength().isPresent()) {
            RecurrentState.clear(network);
        }
        PassWorkspaces.free();
    }

    /** Brings the counters of a replica, and with them its schedules, to where those of the network are. */
    void follow(Network trained) {
        network.setIteration(trained.iteration());
        network.setEpoch(trained.epoch());
    }

    /**
     * Makes a pass. Sequences that have ended need no pass.
     *
     * @param keepsActivations whether to copy the activations of the forward pass
     * @throws PassException if the pass fails
     */
    PassResult make(Pass pass, boolean keepsActivations) {
        if (pass.data().isEmpty()) {
            return new PassResult(
                    pass.microBatch(),
                    new ZeroGradient(pass.examples(), network.regularization()),
                    Optional.empty(),
                    Map.of());
        }
        PassRecorder recorder = new PassRecorder(keepsActivations, copies -> updateWeights(pass, copies));
        MicroBatchEvent event = new MicroBatchEvent();
        event.begin();
        MicroGradient gradient;
        try {
            gradient = pass.ownRandomStream() ? onOwnStream(pass, recorder) : compute(pass, recorder);
        } catch (Throwable e) {
            throw PassException.failed(pass, e);
        }
        event.end();
        if (event.shouldCommit()) {
            event.describe(network.iteration(), pass, worker, gradient);
            event.commit();
        }
        return new PassResult(pass.microBatch(), gradient, pass.state(), recorder.activations());
    }

    private MicroGradient onOwnStream(Pass pass, PassRecorder recorder) {
        try (var stream = RandomStream.of(seed, network.iteration(), pass.microBatch())) {
            return compute(pass, recorder);
        }
    }

    private MicroGradient compute(Pass pass, PassRecorder recorder) {
        MultiDataSet data = LoneMask.avoidedIn(pass.data().orElseThrow(), network);
        int copies = Math.toIntExact(data.getFeatures(0).size(0) / pass.examples());
        recorder.expect(copies);
        Model model = network.model();
        double scoreOfLastStep = model.score();
        try (var silence = new ListenerSilence(network.listeners(), recorder);
                var scaled = ScaledLosses.of(network, pass.lossFactors(), pass.lossScale())) {
            network.setMicroBatch(data);
            pass.state().ifPresent(state -> state.restore(network, copies));
            if (known == null) {
                network.computeFirstGradient();
            } else {
                network.computeGradient();
            }
            pass.state().ifPresent(state -> state.save(network, copies));
            GradientArray written = gradientArray();
            double summed = network.model().conf().isMiniBatch() ? 0 : network.summedScore();
            return new MicroGradient(
                    written.flat(),
                    model.params(),
                    written.layout().layout(),
                    pass.examples(),
                    meanScore(model.score() - summed, copies, data),
                    summed,
                    recorder.updateWeights());
        } finally {
            network.clearMasks();
            network.setScore(scoreOfLastStep);
        }
    }

    /** Where a second example stands beside the first, DL4J divides by two what one of them lost. */
    private double meanScore(double score, int copies, MultiDataSet data) {
        if (copies == 1) {
            return score;
        }
        double whole = network.regularization() + network.unmaskedScore(data.getLabelsMaskArrays());
        return (score - whole) * copies + whole;
    }

    private List<double[]> updateWeights(Pass pass, int copies) {
        return gradientArray().layout().updateWeights(pass, copies);
    }

    /** DL4J may make another array, and with another configuration of layers it may write other parameters. */
    private GradientArray gradientArray() {
        INDArray array = Objects.requireNonNull(network.model().getGradientsViewArray(), "a pass has made it");
        Set<String> names = network.model().gradient().gradientForVariable().keySet();
        GradientArray before = known;
        if (before != null && before.array() == array && before.names().equals(names)) {
            return before;
        }
        INDArray flat = array.reshape(array.length());
        LayoutReader layout = new LayoutReader(network, names, flat.length(), statistics, small);
        GradientArray now = new GradientArray(array, flat, Set.copyOf(names), layout);
        known = now;
        return now;
    }
}
