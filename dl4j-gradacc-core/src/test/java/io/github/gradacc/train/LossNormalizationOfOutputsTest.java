/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.array.Slice;
import io.github.gradacc.loss.LossCrossEntropy;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import java.util.Arrays;
import java.util.function.DoubleFunction;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/**
 * Each output of a graph is divided by its own count. The reference trains natively, from the same parameters, on each
 * output alone, the other being masked out, with a learning rate that stands for the divisor; the two changes add up.
 */
@ExtendWith(DoubleByDefault.class)
class LossNormalizationOfOutputsTest {

    private static final int EXAMPLES = 6;
    private static final int STEPS = 4;
    private static final int[] LENGTHS = {4, 1, 0, 3, 1, 1};
    private static final double TOKENS = 10;

    /** Of the labels of whole sequences; -1 is ignored. */
    private static final double[] CLASSES = {1, -1, 0, 0, 1, -1};

    private static final double[] WEIGHTS = {0.5, 3};
    private static final double WEIGHT_OF_CLASSES = 3 + 0.5 + 0.5 + 3;

    @Test
    void eachOutputIsDividedByItsOwnWeights() {
        Expected expected = expected(
                LossNormalizationOfOutputsTest::tokensAndClasses,
                batch(),
                EXAMPLES / TOKENS,
                EXAMPLES / WEIGHT_OF_CLASSES);
        for (int workers = 1; workers <= 3; workers++) {
            ComputationGraph network = init(tokensAndClasses(1));
            try (var trainer = GradientAccumulationTrainer.builder(network)
                    .microBatchSize(2)
                    .parallelism(workers)
                    .lossNormalization(LossNormalization.LABEL_WEIGHTS)
                    .build()) {
                expected.assertSame(network, trainer.fit(batch()));
            }
        }
    }

    /** The passes wait for the last batch, so batches are copied: their owner uses the arrays again. */
    @Test
    void aWindowOfSeveralBatchesIsKeptUntilItsDivisorsAreKnown() {
        Expected expected = expected(LossNormalizationOfOutputsTest::tokensAndClasses, batch(), EXAMPLES / TOKENS, 1);
        for (int workers = 1; workers <= 2; workers++) {
            ComputationGraph network = init(tokensAndClasses(1));
            try (var trainer = GradientAccumulationTrainer.builder(network)
                    .accumulationSteps(3)
                    .parallelism(workers)
                    .lossNormalization(LossNormalization.UNMASKED)
                    .build()) {
                for (int from = 0; from < 4; from += 2) {
                    MultiDataSet part = part(from, from + 2);
                    assertThat(trainer.accumulate(part)).isEmpty();
                    Arrays.stream(part.getFeatures()).forEach(array -> array.assign(7));
                    Arrays.stream(part.getLabelsMaskArrays()).forEach(mask -> mask.assign(1));
                }
                expected.assertSame(network, trainer.accumulate(part(4, 6)).orElseThrow());
            }
        }
    }

    /** An output without a label that counts adds nothing, and the other is not changed by it. */
    @Test
    void anOutputInWhichNothingCountsIsLeftOut() {
        MultiDataSet batch = batch();
        batch.getLabelsMaskArrays()[0].assign(0);
        ComputationGraph reference = init(tokensAndClasses(1));
        reference.fit(batch);
        ComputationGraph network = init(tokensAndClasses(1));
        StepReport report = step(network, LossNormalization.UNMASKED, batch);
        Tolerance.assertClose("parameters", network.params(), reference.params(), Tolerance.DOUBLE);
        Tolerance.assertClose("score", report.score(), reference.score(), Tolerance.DOUBLE);
    }

    @Test
    void whereNothingCountsAtAnyOutputNoStepIsTaken() {
        MultiDataSet batch = batch();
        Arrays.stream(batch.getLabelsMaskArrays()).forEach(mask -> mask.assign(0));
        ComputationGraph network = init(tokensAndClasses(1));
        network.fit(batch());
        Snapshot before = Snapshot.of(network);
        try (var lines = new LogLines("io.github.gradacc.train")) {
            assertThat(step(network, LossNormalization.UNMASKED, batch).stepped())
                    .isFalse();
            assertThat(lines.warnings()).hasSize(1);
        }
        before.assertUnchanged(network);
    }

    /** Behind the stack the labels have two rows for each example; DL4J divides by the rows of the first output. */
    @Test
    void rowsBehindAStackAreCounted() {
        Data data = new Data(3, DataType.DOUBLE);
        INDArray[] features = {data.normal(EXAMPLES, 4)};
        INDArray[] labels = {data.oneHot(2 * EXAMPLES, 3), data.oneHot(EXAMPLES, 3)};
        INDArray[] masks = {Nd4j.ones(2 * EXAMPLES, 1), Nd4j.ones(EXAMPLES, 1)};
        MultiDataSet batch = new MultiDataSet(features, labels, null, masks);
        Expected expected = expected(LossNormalizationOfOutputsTest::stacked, batch, 1, 2);
        ComputationGraph network = init(stacked(1));
        expected.assertSame(network, step(network, LossNormalization.UNMASKED, batch));
    }

    /** Each segment of each output has a divisor of its own. */
    @Test
    void timeSegmentsOfSeveralOutputs() {
        ComputationGraphConfiguration configuration = twoSequences(1);
        configuration.setBackpropType(BackpropType.TruncatedBPTT);
        configuration.setTbpttFwdLength(2);
        configuration.setTbpttBackLength(2);
        MultiDataSet batch = sequences();
        ComputationGraph byTwo = init(configuration.clone());
        ComputationGraph whole = init(configuration.clone());
        try (var parts = builder(byTwo, 2).build();
                var one = builder(whole, 6).build()) {
            StepReport report = parts.fit(batch);
            Tolerance.assertClose("score", report.score(), one.fit(batch).score(), Tolerance.DOUBLE);
        }
        Tolerance.assertClose("parameters", byTwo.params(), whole.params(), Tolerance.DOUBLE);
        // The first segment by itself, against native training of each output alone.
        MultiDataSet first = steps(batch, 0, 2);
        Expected expected =
                expected(LossNormalizationOfOutputsTest::twoSequences, first, EXAMPLES / 4.0, EXAMPLES / 9.0);
        ComputationGraph network = init(twoSequences(1));
        expected.assertSame(network, step(network, LossNormalization.UNMASKED, first));
    }

    /** Weights so small that their factor is infinite in HALF; what it is multiplied with is as small. */
    @Test
    void factorsBeyondHalf() {
        double[] tiny = {1e-5, 1e-5, 1e-5};
        var builder = Nets.settings()
                .dataType(DataType.FLOAT16)
                .updater(new Sgd(0.5))
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.feedForward(4));
        for (String output : new String[] {"a", "b"}) {
            builder.addLayer(
                    output,
                    new OutputLayer.Builder(new LossCrossEntropy().withWeight(tiny))
                            .nOut(3)
                            .activation(Activation.IDENTITY)
                            .build(),
                    "in");
        }
        ComputationGraph network = init(builder.setOutputs("a", "b").build());
        Data data = new Data(3, DataType.FLOAT16);
        INDArray features = data.normal(EXAMPLES, 4);
        MultiDataSet batch = new MultiDataSet(
                new INDArray[] {features}, new INDArray[] {data.indices(3, EXAMPLES, 1), data.indices(3, EXAMPLES, 1)});
        double before = step(network, LossNormalization.LABEL_WEIGHTS, batch).score();
        double after = step(network, LossNormalization.LABEL_WEIGHTS, batch).score();
        assertThat(after).isLessThan(before).isPositive();
    }

    @Test
    void lossFunctionsAreThoseOfTheUserAfterwards() {
        ComputationGraph network = init(tokensAndClasses(1));
        ILossFunction tokens = loss(network, "tokens");
        ILossFunction classes = loss(network, "classes");
        step(network, LossNormalization.UNMASKED, batch());
        assertThat(loss(network, "tokens")).isSameAs(tokens);
        assertThat(loss(network, "classes")).isSameAs(classes);
        MultiDataSet broken = batch();
        broken.getFeatures(0).assign(Double.NaN);
        assertThatThrownBy(() -> step(network, LossNormalization.UNMASKED, broken))
                .isInstanceOf(NonFiniteGradientException.class);
        assertThat(loss(network, "tokens")).isSameAs(tokens);
        assertThat(loss(network, "classes")).isSameAs(classes);
    }

    private static ILossFunction loss(ComputationGraph network, String output) {
        return ((BaseOutputLayer) network.getLayer(output).conf().getLayer()).getLossFn();
    }

    private record Expected(INDArray parameters, double score) {

        void assertSame(ComputationGraph network, StepReport report) {
            Tolerance.assertClose("parameters", network.params(), parameters, Tolerance.DOUBLE);
            Tolerance.assertClose("score", report.score(), score, Tolerance.DOUBLE);
        }
    }

    /** Trains on each output alone; natively its score is divided by the examples, whatever the learning rate. */
    private static Expected expected(
            DoubleFunction<ComputationGraphConfiguration> configuration, MultiDataSet batch, double... factors) {
        INDArray start = init(configuration.apply(1)).params().dup();
        INDArray parameters = start.dup();
        double score = 0;
        for (int output = 0; output < factors.length; output++) {
            ComputationGraph alone = init(configuration.apply(factors[output]));
            alone.fit(only(batch, output));
            parameters.addi(alone.params().sub(start));
            score += alone.score() * scoreFactor(batch, output, factors[output]);
        }
        return new Expected(parameters, score);
    }

    /** A score is divided by the rows of its own output already. */
    private static double scoreFactor(MultiDataSet batch, int output, double factor) {
        return factor * batch.getLabels(output).size(0) / batch.getLabels(0).size(0);
    }

    private static MultiDataSet only(MultiDataSet batch, int output) {
        INDArray[] masks = batch.getLabelsMaskArrays().clone();
        for (int i = 0; i < masks.length; i++) {
            masks[i] = i == output ? masks[i] : masks[i].like();
        }
        return new MultiDataSet(batch.getFeatures(), batch.getLabels(), null, masks);
    }

    private static StepReport step(ComputationGraph network, LossNormalization by, MultiDataSet batch) {
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(2)
                .lossNormalization(by)
                .build()) {
            return trainer.fit(batch);
        }
    }

    private static GradientAccumulationTrainer.Builder builder(ComputationGraph network, int size) {
        return GradientAccumulationTrainer.builder(network)
                .microBatchSize(size)
                .lossNormalization(LossNormalization.UNMASKED);
    }

    private static ComputationGraph init(ComputationGraphConfiguration configuration) {
        return NetworkClass.GRAPH.init(configuration);
    }

    /** A label for each token and one for the sequence. */
    private static ComputationGraphConfiguration tokensAndClasses(double rate) {
        return Nets.settings()
                .updater(new Sgd(rate))
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.recurrent(3))
                .addLayer("lstm", lstm(4), "in")
                .addLayer("last", new LastTimeStep(lstm(3)), "lstm")
                .addLayer("tokens", rnnSoftmax(3), "lstm")
                .addLayer(
                        "classes",
                        new OutputLayer.Builder(new LossCrossEntropy()
                                        .withWeight(WEIGHTS)
                                        .withIgnoreIndex(-1))
                                .nOut(2)
                                .activation(Activation.IDENTITY)
                                .build(),
                        "last")
                .setOutputs("tokens", "classes")
                .build();
    }

    private static MultiDataSet batch() {
        return part(0, EXAMPLES);
    }

    private static MultiDataSet part(int from, int to) {
        Data data = new Data(3, DataType.DOUBLE);
        INDArray mask = Nd4j.zeros(DataType.DOUBLE, EXAMPLES, STEPS);
        for (int i = 0; i < EXAMPLES; i++) {
            for (int t = 0; t < LENGTHS[i]; t++) {
                mask.putScalar(i, t, 1);
            }
        }
        INDArray[] features = {data.normal(EXAMPLES, 3, STEPS)};
        INDArray[] labels = {
            data.oneHotSequences(EXAMPLES, 3, STEPS),
            Nd4j.createFromArray(CLASSES).reshape(EXAMPLES, 1)
        };
        INDArray[] masks = {mask, Nd4j.ones(DataType.DOUBLE, EXAMPLES, 1)};
        return rows(new MultiDataSet(features, labels, null, masks), from, to);
    }

    private static ComputationGraphConfiguration stacked(double rate) {
        return Nets.settings()
                .updater(new Sgd(rate))
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.feedForward(4))
                .addLayer("one", dense(5), "in")
                .addLayer("other", dense(5), "in")
                .addVertex("both", new StackVertex(), "one", "other")
                .addLayer("pairs", softmax(3), "both")
                .addLayer("single", softmax(3), "one")
                .setOutputs("pairs", "single")
                .build();
    }

    private static ComputationGraphConfiguration twoSequences(double rate) {
        return Nets.settings()
                .updater(new Sgd(rate))
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.recurrent(3))
                .addLayer("lstm", lstm(4), "in")
                .addLayer("a", rnnSoftmax(3), "lstm")
                .addLayer("b", rnnSoftmax(2), "lstm")
                .setOutputs("a", "b")
                .build();
    }

    /** In the first two steps 4 labels of one output count and 9 of the other; then 7 and 2. */
    private static MultiDataSet sequences() {
        Data data = new Data(3, DataType.DOUBLE);
        INDArray a = Nd4j.zeros(DataType.DOUBLE, EXAMPLES, STEPS);
        INDArray b = Nd4j.zeros(DataType.DOUBLE, EXAMPLES, STEPS);
        count(a, 0, 4);
        count(a, 2, 7);
        count(b, 0, 9);
        count(b, 2, 2);
        return new MultiDataSet(
                new INDArray[] {data.normal(EXAMPLES, 3, STEPS)},
                new INDArray[] {data.oneHotSequences(EXAMPLES, 3, STEPS), data.oneHotSequences(EXAMPLES, 2, STEPS)},
                null,
                new INDArray[] {a, b});
    }

    private static void count(INDArray mask, int firstStep, int labels) {
        for (int i = 0; i < labels; i++) {
            mask.putScalar(i % EXAMPLES, firstStep + i / EXAMPLES, 1);
        }
    }

    private static MultiDataSet rows(MultiDataSet all, int from, int to) {
        return map(all, array -> Slice.of(array, 0, from, to).dup());
    }

    private static MultiDataSet steps(MultiDataSet all, int from, int to) {
        return map(all, array -> Slice.of(array, array.rank() - 1, from, to).dup());
    }

    private static MultiDataSet map(MultiDataSet all, UnaryOperator<INDArray> change) {
        return new MultiDataSet(
                map(all.getFeatures(), change),
                map(all.getLabels(), change),
                null,
                map(all.getLabelsMaskArrays(), change));
    }

    private static INDArray[] map(INDArray[] arrays, UnaryOperator<INDArray> change) {
        return Arrays.stream(arrays).map(change).toArray(INDArray[]::new);
    }
}
