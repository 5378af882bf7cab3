/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import io.github.gradacc.grad.GradientLayout;
import io.github.gradacc.grad.MicroGradient;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.deeplearning4j.nn.api.Model;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Makes passes through one network: the one that is trained, or a replica of it. For one thread at a time. */
final class GradientSource {

    private final Internals network;
    private final StatisticsPolicy statistics;
    private final SharedLayout shared;
    private final long seed;
    private @Nullable Written written;

    /**
     * Makes no pass yet.
     *
     * @param network the network, or a replica of it
     * @param statistics what to do with moving statistics
     * @param shared the layout that the network and its replicas have in common
     * @param seed the seed from which micro-batches derive random streams of their own
     */
    GradientSource(Internals network, StatisticsPolicy statistics, SharedLayout shared, long seed) {
        this.network = network;
        this.seed = seed;
        this.statistics = statistics;
        this.shared = shared;
    }

    /** What is known about the gradient array once a pass has written it. */
    private record Written(
            INDArray array, INDArray flat, Set<String> names, GradientLayout layout, List<UpdateSource> updates) {

        /** The same after DL4J made a new array: what the pools hold of an open window is kept. */
        Written in(INDArray other) {
            return new Written(other, other.reshape(other.length()), names, layout, updates);
        }
    }

    /** Returns the network's gradient array as a vector; a pass must have been made. */
    INDArray flat() {
        return written().flat();
    }

    /** Lets a replica's schedules stand where those of the network stand. */
    void follow(Internals trained) {
        network.setIteration(trained.iteration());
        network.setEpoch(trained.epoch());
    }

    /**
     * Makes a pass and checks what came of it.
     *
     * @param keepsActivations whether to copy the activations of the forward pass
     */
    PassResult run(Pass pass, GradientSink sink, boolean keepsActivations) {
        MultiDataSet data = pass.data();
        if (data == null) {
            return new PassResult(pass.examples(), null, Map.of());
        }
        PassRecorder recorder = new PassRecorder(keepsActivations, this::updateWeights);
        MicroGradient gradient;
        try {
            gradient = pass.ownNumbers() ? withOwnNumbers(pass, data, recorder) : run(pass, data, recorder);
        } catch (Exception e) {
            throw sink.failed(pass, e);
        } catch (Error e) {
            e.addSuppressed(sink.failed(pass, null));
            throw e;
        }
        sink.check(pass, gradient);
        return new PassResult(pass.examples(), gradient, recorder.activations());
    }

    private MicroGradient withOwnNumbers(Pass pass, MultiDataSet data, PassRecorder recorder) {
        try (var stream = RandomStream.of(seed, network.iteration(), pass.microBatch())) {
            return run(pass, data, recorder);
        }
    }

    private MicroGradient run(Pass pass, MultiDataSet data, PassRecorder recorder) {
        Model model = network.model();
        RecurrentState state = pass.state();
        double scoreOfLastStep = model.score();
        try (var silence = new ListenerSilence(network.listeners(), recorder)) {
            network.setMicroBatch(data);
            if (state != null) {
                state.restore(network.layers());
            }
            network.computeGradientAndScore();
            if (state != null) {
                state.save(network.layers());
            }
            Written now = written();
            double summed = network.configuration().isMiniBatch() ? 0 : network.summedScore();
            return new MicroGradient(
                    now.flat(),
                    now.layout(),
                    model.batchSize(),
                    model.score() - summed,
                    summed,
                    recorder.updateWeights());
        } finally {
            network.clearMasks();
            network.setScore(scoreOfLastStep);
        }
    }

    private List<double[]> updateWeights() {
        int examples = network.model().batchSize();
        return written().updates().stream()
                .map(source -> source.weigh().apply(examples))
                .toList();
    }

    private Written written() {
        INDArray array = Objects.requireNonNull(network.gradients(), "a pass has made it");
        Set<String> names = network.model().gradient().gradientForVariable().keySet();
        Written known = written;
        if (known == null || !known.names().equals(names)) {
            known = read(array, names);
        } else if (known.array() != array) {
            known = known.in(array);
        }
        written = known;
        return known;
    }

    private Written read(INDArray array, Set<String> names) {
        LayoutBuilder builder =
                network.layout(new LayoutBuilder(names, network.model().params(), statistics));
        GradientLayout layout = shared.of(names, builder.layout());
        return new Written(array, array.reshape(array.length()), Set.copyOf(names), layout, builder.updates());
    }
}
