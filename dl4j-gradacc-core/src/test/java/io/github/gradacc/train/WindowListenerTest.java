/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * The norms that a {@link WindowListener} is told, against those of DL4J's own backward pass over each micro-batch, and
 * against the step: with {@code Sgd(1)} the parameters move by the window's gradient.
 */
@ExtendWith(DoubleByDefault.class)
class WindowListenerTest {

    /** Keeps what it is told. */
    private static final class Norms extends BaseTrainingListener implements WindowListener {
        private final List<WindowNorms> windows = new ArrayList<>();

        @Override
        public void onWindow(Model model, WindowNorms norms) {
            windows.add(norms);
        }
    }

    private static MultiLayerConfiguration of(UnaryOperator<Layer> first) {
        return Nets.of(
                Nets.settings().updater(new Sgd(1)),
                InputType.feedForward(4),
                first.apply(dense(5)),
                new BatchNormalization.Builder().build(),
                softmax(3));
    }

    /** The mean gradient of a batch over the named parameters, by DL4J. */
    private static double[] gradient(MultiLayerNetwork network, DataSet batch, List<String> parameters) {
        network.setInput(batch.getFeatures());
        network.setLabels(batch.getLabels());
        network.computeGradientAndScore(LayerWorkspaceMgr.noWorkspaces());
        Map<String, INDArray> gradients = network.gradient().gradientForVariable();
        return parameters.stream()
                .flatMapToDouble(name ->
                        Arrays.stream(gradients.get(name).dup('c').data().asDouble()))
                .map(value -> value / batch.numExamples())
                .toArray();
    }

    private static double norm(double... gradient) {
        return Math.sqrt(Arrays.stream(gradient).map(each -> each * each).sum());
    }

    private static DataSet part(DataSet batch, int from, int to) {
        return (DataSet) batch.getRange(from, to);
    }

    /** Neither the frozen layer nor running statistics count; 11 examples in fours are 4 + 4 + 3. */
    @EachNetworkClass
    <T extends Model> void ofEachMicroBatch(NetworkClass<T> type) {
        DataSet batch = new Data(3, DataType.DOUBLE).dataSet(11, 3, 4);
        for (boolean frozen : new boolean[] {false, true}) {
            MultiLayerConfiguration layers = of(layer -> frozen ? new FrozenLayer(layer) : layer);
            List<String> trained = frozen
                    ? List.of("1_gamma", "1_beta", "2_W", "2_b")
                    : List.of("0_W", "0_b", "1_gamma", "1_beta", "2_W", "2_b");
            for (int workers = 1; workers <= 3; workers++) {
                Norms norms = new Norms();
                T network = type.init(layers);
                network.addListeners(norms);
                try (var trainer = type.builder(network)
                        .microBatchSize(4)
                        .parallelism(workers)
                        .build()) {
                    trainer.fit(batch);
                }
                List<WindowNorms.MicroBatch> parts = norms.windows.get(0).microBatches();
                assertThat(parts).extracting(WindowNorms.MicroBatch::examples).containsExactly(4, 4, 3);
                assertThat(norms.windows.get(0).examples()).isEqualTo(11);
                int[] ends = {0, 4, 8, 11};
                double[] whole = new double[gradient(Nets.init(layers), batch, trained).length];
                for (int i = 0; i < parts.size(); i++) {
                    DataSet part = part(batch, ends[i], ends[i + 1]);
                    double[] expected = gradient(Nets.init(layers), part, trained);
                    assertClose("micro-batch " + i, parts.get(i).norm(), norm(expected), DOUBLE);
                    Arrays.setAll(whole, j -> whole[j] + expected[j] * part.numExamples() / 11);
                }
                assertClose("window", norms.windows.get(0).norm(), norm(whole), DOUBLE);
            }
        }
    }

    /** Nothing that comes after the sum is in it: clipping, regularization, transforms. */
    @EachNetworkClass
    <T extends Model> void areThoseOfTheRawGradient(NetworkClass<T> type) {
        List<WindowNorms> plain = train(type, Nets.mlp(), settings -> settings);
        List<WindowNorms> changed = train(
                type,
                Nets.mlp(settings -> settings.l2(0.5)
                        .gradientNormalization(GradientNormalization.ClipL2PerLayer)
                        .gradientNormalizationThreshold(1e-3)),
                settings -> settings.gradientTransforms(new ClipGlobalNorm(1e-4)));
        assertThat(plain).hasSize(3);
        assertThat(changed.get(0))
                .as("the first step starts from the same parameters")
                .isEqualTo(plain.get(0));
        assertThat(changed.get(2)).as("others do not").isNotEqualTo(plain.get(2));
        assertThat(plain).extracting(WindowNorms::iteration).containsExactly(0, 1, 2);
    }

    private static <T extends Model> List<WindowNorms> train(
            NetworkClass<T> type,
            MultiLayerConfiguration layers,
            UnaryOperator<GradientAccumulationTrainer.Builder> settings) {
        Norms norms = new Norms();
        T network = type.init(layers);
        network.addListeners(norms);
        try (var trainer = settings.apply(
                        type.builder(network).accumulationSteps(3).microBatchSize(2))
                .build()) {
            trainer.fit(iterate(Batches.mlp()));
        }
        return norms.windows;
    }

    /** The window of 3 sequences with 6 + 1 + 2 labels that count: their mean is 3 / 9 of that over examples. */
    @EachNetworkClass
    <T extends Model> void areScaledAsTheLossIs(NetworkClass<T> type) {
        MultiLayerConfiguration layers =
                Nets.of(Nets.settings().updater(new Sgd(1)), InputType.recurrent(3), lstm(4), rnnSoftmax(3));
        DataSet batch = masked(6, 1, 2);
        WindowNorms examples = step(type, layers, LossNormalization.EXAMPLES, batch);
        WindowNorms tokens = step(type, layers, LossNormalization.UNMASKED, batch);
        assertClose("window", tokens.norm(), examples.norm() * 3 / 9, DOUBLE);
        for (int i = 0; i < 3; i++) {
            double expected = examples.microBatches().get(i).norm() * 3 / 9;
            assertClose("micro-batch", tokens.microBatches().get(i).norm(), expected, DOUBLE);
        }
    }

    private static DataSet masked(int... lengths) {
        Data data = new Data(5, DataType.DOUBLE);
        INDArray mask = Nd4j.zeros(DataType.DOUBLE, lengths.length, 6);
        for (int i = 0; i < lengths.length; i++) {
            for (int t = 0; t < lengths[i]; t++) {
                mask.putScalar(i, t, 1);
            }
        }
        return new DataSet(
                data.normal(lengths.length, 3, 6), data.oneHotSequences(lengths.length, 3, 6), mask, mask.dup());
    }

    /** One step on single examples; the window's norm is that of the step. */
    private static <T extends Model> WindowNorms step(
            NetworkClass<T> type, MultiLayerConfiguration layers, LossNormalization by, DataSet batch) {
        Norms norms = new Norms();
        T network = type.init(layers);
        network.addListeners(norms);
        INDArray before = network.params().dup();
        try (var trainer =
                type.builder(network).microBatchSize(1).lossNormalization(by).build()) {
            trainer.fit(batch);
        }
        WindowNorms window = norms.windows.get(0);
        assertClose(
                "step",
                window.norm(),
                network.params().sub(before).norm2Number().doubleValue(),
                DOUBLE);
        return window;
    }

    /** A batch of two steps in one of five: it has ended when the second segment begins, and counts as zero there. */
    @EachNetworkClass
    <T extends Model> void eachTimeSegmentIsAWindow(NetworkClass<T> type) {
        T network = type.init(Nets.settings()
                .updater(new Sgd(1))
                .list()
                .layer(lstm(4))
                .layer(rnnSoftmax(3))
                .setInputType(InputType.recurrent(3))
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(2)
                .build());
        Norms norms = new Norms();
        List<INDArray> parameters = new ArrayList<>(List.of(network.params().dup()));
        network.setListeners(norms, new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                parameters.add(model.params().dup());
            }
        });
        try (var trainer = type.builder(network).accumulationSteps(2).build()) {
            trainer.fit(iterate(Batches.ofLengths(5, 2)));
        }
        assertThat(norms.windows).hasSize(3);
        for (int i = 0; i < 3; i++) {
            INDArray step = parameters.get(i + 1).sub(parameters.get(i));
            WindowNorms window = norms.windows.get(i);
            assertClose("segment " + i, window.norm(), step.norm2Number().doubleValue(), DOUBLE);
            assertThat(window.microBatches()).hasSize(2).first().matches(part -> part.norm() > 0);
            assertThat(window.microBatches().get(1).norm() == 0).isEqualTo(i > 0);
        }
    }

    /** The bits do not depend on who computes. */
    @EachNetworkClass
    <T extends Model> void areTheSameForAnyNumberOfWorkers(NetworkClass<T> type) {
        List<WindowNorms> alone = train(type, Nets.mlp(), settings -> settings);
        for (int workers = 2; workers <= 3; workers++) {
            int number = workers;
            assertThat(train(type, Nets.mlp(), settings -> settings.parallelism(number)))
                    .isEqualTo(alone);
        }
    }

    /** Its first micro-batches were not measured. */
    @EachNetworkClass
    <T extends Model> void aWindowThatWasBeingFilledIsPassedOver(NetworkClass<T> type) {
        Norms norms = new Norms();
        T network = type.init(Nets.mlp());
        List<DataSet> batches = Batches.mlp();
        try (var trainer = type.builder(network).accumulationSteps(2).build()) {
            trainer.accumulate(batches.get(0));
            network.addListeners(norms);
            assertThat(trainer.accumulate(batches.get(1))).isPresent();
            assertThat(norms.windows).isEmpty();
            trainer.accumulate(batches.get(2));
            trainer.accumulate(batches.get(3));
            assertThat(norms.windows).singleElement().matches(window -> window.examples() == 9);
            trainer.accumulate(batches.get(0));
            network.setListeners();
            assertThat(trainer.accumulate(batches.get(1))).isPresent();
            assertThat(norms.windows).hasSize(1);
        }
    }

    @EachNetworkClass
    <T extends Model> void oneThatThrowsPreventsTheStep(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        class Failing extends BaseTrainingListener implements WindowListener {
            @Override
            public void onWindow(Model model, WindowNorms norms) {
                throw new IllegalStateException("no");
            }
        }
        network.addListeners(new Failing());
        Snapshot before = Snapshot.of(network);
        try (var trainer = type.builder(network).microBatchSize(2).build()) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> trainer.fit(Batches.mlp().get(0)))
                    .withMessage("no");
        }
        before.assertUnchanged(network);
    }

    @Test
    void nonsenseIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new WindowNorms(0, 0, 1, List.of()))
                .withMessageContaining("at least 1 micro-batch");
        IntStream.of(0, -1)
                .forEach(examples -> assertThatIllegalArgumentException()
                        .isThrownBy(() -> new WindowNorms.MicroBatch(examples, 1))
                        .withMessageContaining(examples + " examples"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new WindowNorms.MicroBatch(1, Double.NaN))
                .withMessageContaining("NaN");
    }
}
