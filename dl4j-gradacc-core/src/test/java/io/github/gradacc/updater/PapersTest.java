/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.NetworkClass;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** Optimizers without reference values, and other options, compared with the published algorithms in plain numbers. */
class PapersTest {

    private static final int STEPS = 40;

    /** An updater, what else its configuration needs, and a fresh algorithm for each parameter. */
    record Case(IUpdater updater, Consumer<OutputLayer.Builder> layer, Supplier<Paper> paper) {

        Case(IUpdater updater, Supplier<Paper> paper) {
            this(updater, layer -> {}, paper);
        }

        <T extends Model> T network(NetworkClass<T> type, TestFunction function) {
            return FunctionLoss.network(type, function, it -> it.updater(updater), layer);
        }

        /** The parameters after each step. */
        List<double[]> path(TestFunction function) {
            List<Paper> papers = List.of(paper.get(), paper.get(), paper.get());
            List<double[]> path = new ArrayList<>();
            double[] p = TestFunction.START.clone();
            for (int t = 1; t <= STEPS; t++) {
                double[] g = function.gradient(p);
                for (int i = 0; i < p.length; i++) {
                    p[i] = papers.get(i).step(p[i], g[i], t);
                }
                path.add(p.clone());
            }
            return path;
        }

        @Override
        public String toString() {
            return updater.toString();
        }
    }

    static Stream<Case> cases() {
        return Stream.concat(ofTorch(), ofPapers());
    }

    /** What the reference values do not tell apart: rates that change, averages that fall, options one by one. */
    private static Stream<Case> ofTorch() {
        ISchedule halving = new StepSchedule(ScheduleType.ITERATION, 0.02, 0.5, 3);
        IntToDoubleFunction rate = t -> 0.02 * Math.pow(0.5, Math.floorDiv(t - 1, 3));
        return Stream.of(
                new Case(
                        new SgdMomentum(halving).withMomentum(0.9).withNesterov(true),
                        () -> new Paper.OfSgd(rate, 0.9, 0, true)),
                new Case(
                        new SgdMomentum(halving).withMomentum(0.8).withDampening(0.3),
                        () -> new Paper.OfSgd(rate, 0.8, 0.3, false)),
                new Case(
                        new AdamTorch(0.02).withBetas(0.8, 0.5).withEps(1e-3).withAmsgrad(true),
                        () -> new Paper.OfAdam(0.02, 0.8, 0.5, 1e-3, true)),
                new Case(
                        new AdamTorch(0.02).withBetas(0.8, 0.5).withEps(1e-3),
                        () -> new Paper.OfAdam(0.02, 0.8, 0.5, 1e-3, false)),
                new Case(
                        new RmsPropTorch(0.002).withAlpha(0.9).withEps(1e-2).withMomentum(0.7),
                        () -> new Paper.OfRmsProp(0.002, 0.9, 1e-2, 0.7, false)),
                new Case(
                        new RmsPropTorch(0.002).withAlpha(0.9).withEps(1e-2).withCentered(true),
                        () -> new Paper.OfRmsProp(0.002, 0.9, 1e-2, 0, true)));
    }

    private static Stream<Case> ofPapers() {
        return Stream.of(
                new Case(new Rprop(), () -> new Paper.OfRprop(0.01, 0.5, 1.2, 1e-6, 50)),
                new Case(
                        new Rprop(0.1).withEtas(0.3, 2.5).withStepSizes(0.02, 0.2),
                        () -> new Paper.OfRprop(0.1, 0.3, 2.5, 0.02, 0.2)),
                new Case(
                        new AveragedSgd(), layer -> layer.l2(1e-4), () -> new Paper.OfAveragedSgd(0.01, 1e-4, 0.75, 0)),
                new Case(
                        new AveragedSgd(0.03).withLambd(0.5).withAlpha(0.6).withT0(5),
                        layer -> layer.l2(0.5 + 0.2),
                        () -> new Paper.OfAveragedSgd(0.03, 0.5, 0.6, 0.2)),
                new Case(new RAdam(), () -> new Paper.OfRAdam(1e-3, 0.9, 0.999, 1e-8, 5)),
                new Case(
                        new RAdam(0.02).withBetas(0.8, 0.95).withEps(1e-3),
                        () -> new Paper.OfRAdam(0.02, 0.8, 0.95, 1e-3, 5)),
                new Case(new Lion(), () -> new Paper.OfLion(1e-4, 0.9, 0.99, 0)),
                new Case(
                        new Lion(0.02).withBetas(0.7, 0.8),
                        layer -> layer.weightDecay(0.3),
                        () -> new Paper.OfLion(0.02, 0.7, 0.8, 0.3)),
                new Case(new AdaBelief(), () -> new Paper.OfAdaBelief(1e-3, 0.9, 0.999, 1e-16)),
                new Case(
                        new AdaBelief(0.02).withBetas(0.8, 0.95).withEps(1e-3),
                        () -> new Paper.OfAdaBelief(0.02, 0.8, 0.95, 1e-3)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void nativeTrainingFollows(Case it) {
        for (TestFunction function : TestFunction.values()) {
            MultiLayerNetwork network = it.network(NetworkClass.LAYERS, function);
            follow(it, function, network, () -> network.fit(FunctionLoss.batch(3)));
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("cases")
    void accumulationFollows(Case it) {
        for (TestFunction function : TestFunction.values()) {
            accumulate(it, function, NetworkClass.GRAPH);
        }
    }

    private static <T extends Model> void accumulate(Case it, TestFunction function, NetworkClass<T> type) {
        T network = it.network(type, function);
        try (var trainer = type.builder(network).microBatchSize(2).build()) {
            follow(it, function, network, () -> trainer.fit(FunctionLoss.batch(5)));
        }
    }

    private static void follow(Case it, TestFunction function, Model network, Runnable step) {
        for (double[] expected : it.path(function)) {
            step.run();
            double[] actual = FunctionLoss.parameters(network);
            for (int i = 0; i < actual.length; i++) {
                assertClose(it + ", " + function + ", parameter " + i, actual[i], expected[i], DOUBLE);
            }
        }
    }

    /** In the paper the fifth step of RAdam divides by the root already; with torch, and here, the sixth does. */
    @Test
    void rectificationStartsAfterLengthFive() {
        Case here = new Case(new RAdam(), () -> new Paper.OfRAdam(1e-3, 0.9, 0.999, 1e-8, 5));
        Case literally = new Case(new RAdam(), () -> new Paper.OfRAdam(1e-3, 0.9, 0.999, 1e-8, 4));
        List<double[]> ours = here.path(TestFunction.QUADRATIC);
        List<double[]> papers = literally.path(TestFunction.QUADRATIC);
        assertThat(ours.get(3)).containsExactly(papers.get(3));
        assertThat(Math.abs(ours.get(4)[0] - papers.get(4)[0])).isGreaterThan(1e-4);
    }
}
