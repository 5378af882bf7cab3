/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static io.github.gradacc.testing.NetworkClass.LAYERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * What transforms see and change. With {@code Sgd(1)} the step is the transformed gradient itself; the gradient is
 * compared with that of DL4J's own backward pass over the whole batch.
 */
@ExtendWith(DoubleByDefault.class)
class GradientTransformTest {

    private static final int EXAMPLES = 12;

    static Stream<Arguments> networks() {
        return Stream.of(
                Arguments.of(
                        "dense",
                        of(InputType.feedForward(4), dense(6), softmax(3)),
                        "0_W WEIGHT, 0_b BIAS, 1_W WEIGHT, 1_b BIAS"),
                Arguments.of(
                        "normalized",
                        of(
                                InputType.feedForward(4),
                                new BatchNormalization.Builder().build(),
                                new PReLULayer.Builder().inputShape(4).build(),
                                softmax(3)),
                        "0_gamma OTHER, 0_beta OTHER, 1_W OTHER, 2_W WEIGHT, 2_b BIAS"),
                Arguments.of(
                        "pretrained, with a visible bias",
                        of(InputType.feedForward(4), autoEncoder(), softmax(3)),
                        "0_W WEIGHT, 0_b BIAS, 1_W WEIGHT, 1_b BIAS"),
                Arguments.of(
                        "convolutions",
                        of(
                                InputType.convolutional(6, 6, 2),
                                new ConvolutionLayer.Builder(3, 3).nOut(3).build(),
                                new Deconvolution2D.Builder(2, 2).nOut(4).build(),
                                new SeparableConvolution2D.Builder(2, 2).nOut(3).build(),
                                softmax(3)),
                        "0_b BIAS, 0_W WEIGHT, 1_b BIAS, 1_W WEIGHT, 2_W WEIGHT, 2_pW WEIGHT, 2_b BIAS, 3_W WEIGHT,"
                                + " 3_b BIAS"),
                Arguments.of(
                        "frozen",
                        of(
                                InputType.feedForward(4),
                                new FrozenLayer(dense(5)),
                                dense(4),
                                new FrozenLayerWithBackprop(dense(5)),
                                softmax(3)),
                        "1_W WEIGHT, 1_b BIAS, 3_W WEIGHT, 3_b BIAS"),
                Arguments.of(
                        "centers",
                        of(
                                InputType.feedForward(4),
                                dense(4),
                                new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                                        .nOut(3)
                                        .activation(Activation.SOFTMAX)
                                        .build()),
                        "0_W WEIGHT, 0_b BIAS, 1_W WEIGHT, 1_b BIAS"),
                Arguments.of(
                        "recurrent",
                        of(InputType.recurrent(3), new Bidirectional(lstm(2)), attention(), rnnSoftmax(3)),
                        "0_fW WEIGHT, 0_fRW WEIGHT, 0_fb BIAS, 0_bW WEIGHT, 0_bRW WEIGHT, 0_bb BIAS, 1_Wq WEIGHT,"
                                + " 1_Wk WEIGHT, 1_Wv WEIGHT, 1_Wo WEIGHT, 2_W WEIGHT, 2_b BIAS"));
    }

    /** The views are the network's own: what a transform writes is what the step subtracts, and nothing else moves. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void transformsSeeAllTrainedParametersAndNothingElse(
            String name, MultiLayerConfiguration configuration, String expected) {
        MultiLayerNetwork network = Nets.init(configuration.clone());
        MultiLayerNetwork untransformed = Nets.init(configuration.clone());
        List<String> seen = new ArrayList<>();
        Map<String, INDArray> before = new HashMap<>();
        network.paramTable().forEach((key, value) -> before.put(key, value.dup()));
        step(LAYERS, network, batchFor(configuration), gradient -> {
            for (ParameterGradient parameter : gradient.parameters()) {
                String key = parameter.layer() + "_" + parameter.name();
                seen.add(key + " " + parameter.kind());
                assertThat(parameter.value()).isEqualTo(network.getParam(key));
                parameter.gradient().assign(numbers(parameter.value()));
            }
        });
        step(LAYERS, untransformed, batchFor(configuration), unchanged -> {});
        assertThat(String.join(", ", seen)).isEqualTo(expected);
        network.paramTable().forEach((key, after) -> {
            INDArray was = before.get(key);
            INDArray wanted = expected.contains(key + " ") ? was.sub(numbers(was)) : untransformed.getParam(key);
            Tolerance.assertClose(key, after, wanted, Tolerance.DOUBLE);
        });
    }

    /** DL4J's updater passes them over, and would subtract what stands for them in the gradient array as it is. */
    @EachNetworkClass
    <T extends Model> void whatServesPretrainingOnlyStays(NetworkClass<T> type) {
        T network = type.init(
                Nets.of(Nets.settings().updater(new Sgd(1e-6)), InputType.feedForward(4), autoEncoder(), softmax(3)));
        Map<String, INDArray> before = new HashMap<>();
        network.paramTable().forEach((key, value) -> before.put(key, value.dup()));
        step(type, network, batch(), new GradientNoise(0.01));
        assertThat(before.keySet()).anyMatch(key -> key.endsWith("_vb"));
        network.paramTable().forEach((key, after) -> {
            double moved = after.distance2(before.get(key));
            if (key.endsWith("_vb")) {
                assertThat(moved).as(key).isZero();
            } else {
                assertThat(moved).as(key).isBetween(1e-12, 1e-4);
            }
        });
    }

    /** Autoencoders corrupt their input in training; this one does not. */
    private static Layer autoEncoder() {
        return new AutoEncoder.Builder().nOut(5).corruptionLevel(0).build();
    }

    /** A different number for each element, by its place in the shape. */
    private static INDArray numbers(INDArray like) {
        return Nd4j.arange((double) like.length())
                .castTo(like.dataType())
                .addi(1)
                .reshape('c', false, like.shape());
    }

    @EachNetworkClass
    <T extends Model> void transformsSeeTheMeanGradientAsDl4jComputesIt(NetworkClass<T> type) {
        T network = type.init(mlp());
        INDArray expected = nativeGradient(type, mlp()).divi(EXAMPLES);
        List<INDArray> seen = new ArrayList<>();
        step(type, network, batch(), gradient -> {
            assertThat(gradient.iteration()).isZero();
            assertThat(gradient.epoch()).isZero();
            seen.add(flat(gradient));
        });
        Tolerance.assertClose("gradient", seen.get(0), expected, Tolerance.DOUBLE);
    }

    /** DL4J divides by nothing. */
    @EachNetworkClass
    <T extends Model> void inSumsTransformsSeeTheSum(NetworkClass<T> type) {
        MultiLayerConfiguration configuration =
                Nets.mlp(settings -> settings.updater(new Sgd(1)).miniBatch(false));
        T network = type.init(configuration.clone());
        INDArray expected = nativeGradient(type, configuration.clone());
        INDArray before = network.params().dup();
        List<INDArray> seen = new ArrayList<>();
        step(type, network, batch(), gradient -> seen.add(flat(gradient)));
        Tolerance.assertClose("gradient", seen.get(0), expected, Tolerance.DOUBLE);
        Tolerance.assertClose("step", before.sub(network.params()), expected, Tolerance.DOUBLE);
    }

    @EachNetworkClass
    <T extends Model> void withoutEffectAStepEqualsNativeTraining(NetworkClass<T> type) {
        MultiLayerConfiguration configuration = Nets.mlp(settings -> settings.l2(0.1));
        T network = type.init(configuration.clone());
        T reference = type.init(configuration.clone());
        for (int i = 0; i < 3; i++) {
            type.fit(reference, batch());
            StepReport report = step(type, network, batch(), new ClipGlobalNorm(1e6), new ClipValue(1e6));
            Tolerance.assertClose("score", report.score(), reference.score(), Tolerance.DOUBLE);
        }
        Tolerance.assertClose("parameters", network.params(), reference.params(), Tolerance.DOUBLE);
        Tolerance.assertClose("updater", type.updaterState(network), type.updaterState(reference), Tolerance.DOUBLE);
    }

    /** Neither L2 nor DL4J's normalization is seen: they act on what transforms leave. */
    @EachNetworkClass
    <T extends Model> void normalizationAndRegularizationComeAfterwards(NetworkClass<T> type) {
        T network = type.init(Nets.mlp(settings -> settings.updater(new Sgd(1))
                .l2(0.1)
                .gradientNormalization(GradientNormalization.ClipElementWiseAbsoluteValue)
                .gradientNormalizationThreshold(0.5)));
        INDArray before = network.params().dup();
        step(
                type,
                network,
                batch(),
                gradient -> gradient.parameters()
                        .forEach(parameter -> parameter.gradient().assign(7)));
        INDArray expected = before.dup();
        T decayed = type.init(mlp());
        decayed.setParams(before.mul(0.1));
        decayed.paramTable().forEach((key, value) -> {
            if (key.endsWith("b")) {
                value.assign(0);
            }
        });
        expected.subi(decayed.params()).subi(0.5);
        Tolerance.assertClose("parameters", network.params(), expected, Tolerance.DOUBLE);
    }

    @EachNetworkClass
    <T extends Model> void theNormOfTheWholeGradientIsClipped(NetworkClass<T> type) {
        INDArray gradient = nativeGradient(type, mlp()).divi(EXAMPLES);
        double squares = 0;
        for (double element : gradient.toDoubleVector()) {
            squares += element * element;
        }
        double norm = Math.sqrt(squares);
        for (double limit : new double[] {norm / 3, norm * 3, Double.POSITIVE_INFINITY}) {
            // torch: clip_coef = max_norm / (total_norm + 1e-6), at most 1.
            INDArray expected = gradient.mul(Math.min(1, limit / (norm + 1e-6)));
            for (int workers = 1; workers <= 3; workers++) {
                T network = type.init(mlp());
                INDArray before = network.params().dup();
                StepReport report = step(type, network, workers, batch(), new ClipGlobalNorm(limit));
                Tolerance.assertClose("step", before.sub(network.params()), expected, Tolerance.DOUBLE);
                Tolerance.assertClose("norm", report.gradientNorm(), norm, Tolerance.DOUBLE);
            }
        }
    }

    @EachNetworkClass
    <T extends Model> void whatIsClippedIsDividedByTheTokens(NetworkClass<T> type) {
        Data data = new Data(5, DataType.DOUBLE);
        INDArray mask = data.mask(6, 5);
        DataSet batch = new DataSet(data.normal(6, 3, 5), data.oneHotSequences(6, 3, 5), null, mask);
        double[] norms = new double[2];
        for (int i = 0; i < norms.length; i++) {
            T network = type.init(of(InputType.recurrent(3), lstm(4), rnnSoftmax(3)));
            try (var trainer = type.builder(network)
                    .microBatchSize(2)
                    .lossNormalization(i == 0 ? LossNormalization.EXAMPLES : LossNormalization.UNMASKED)
                    .gradientTransforms(new ClipGlobalNorm(1))
                    .build()) {
                norms[i] = trainer.fit(batch).gradientNorm();
            }
        }
        double tokens = mask.sumNumber().doubleValue();
        assertThat(norms[1]).isCloseTo(norms[0] * 6 / tokens, within(1e-12 * norms[0]));
    }

    @EachNetworkClass
    <T extends Model> void elementsAreLimited(NetworkClass<T> type) {
        double[] gradient = nativeGradient(type, mlp()).divi(EXAMPLES).toDoubleVector();
        double limit = Arrays.stream(gradient).map(Math::abs).sorted().toArray()[gradient.length / 2];
        double[] expected = Arrays.stream(gradient)
                .map(element -> element > limit ? limit : element < -limit ? -limit : element)
                .toArray();
        T network = type.init(mlp());
        INDArray before = network.params().dup();
        step(type, network, batch(), new ClipValue(limit));
        Tolerance.assertClose(
                "step", flat(before.sub(network.params())), Nd4j.createFromArray(expected), Tolerance.DOUBLE);
    }

    /** Algorithm 1 of the paper, written out. */
    @EachNetworkClass
    <T extends Model> void ratesFollowTheNormsOfWeights(NetworkClass<T> type) {
        T network = type.init(mlp());
        Map<String, INDArray> before = new HashMap<>();
        Map<String, INDArray> gradients = new HashMap<>();
        network.paramTable().forEach((key, value) -> before.put(key, value.dup()));
        step(
                type,
                network,
                batch(),
                gradient -> gradient.parameters()
                        .forEach(parameter -> gradients.put(
                                parameter.layer() + "_" + parameter.name(),
                                parameter.gradient().dup())),
                new Lars(0.02, 1e-3, 0.1));
        network.paramTable().forEach((key, after) -> {
            INDArray g = gradients.get(key);
            INDArray w = before.get(key);
            double rate = 0.02 * length(w) / (length(g) + 0.1 * length(w) + 1e-3);
            INDArray expected = key.endsWith("W") ? g.add(w.mul(0.1)).muli(rate) : g;
            Tolerance.assertClose(key, w.sub(after), expected, Tolerance.DOUBLE);
        });
    }

    /** A quotient of zeros is no rate. */
    @Test
    void weightsOfZeroMoveByTheirGradient() {
        MultiLayerNetwork network = Nets.init(mlp());
        network.getParam("1_W").assign(0);
        INDArray expected = Nd4j.create(DataType.DOUBLE, 6, 3);
        step(
                LAYERS,
                network,
                batch(),
                gradient -> expected.assign(gradient.parameters().get(2).gradient()),
                new Lars());
        Tolerance.assertClose("1_W", network.getParam("1_W").neg(), expected, Tolerance.DOUBLE);
    }

    private static double length(INDArray array) {
        double squares = 0;
        for (double element : flat(array).toDoubleVector()) {
            squares += element * element;
        }
        return Math.sqrt(squares);
    }

    /** Each output's weights: columns of matrices, the first axis of convolutions, the second of deconvolutions. */
    @Test
    void theWeightsOfEachOutputAreCentered() {
        MultiLayerConfiguration configuration = of(
                InputType.convolutional(6, 6, 2),
                new ConvolutionLayer.Builder(3, 3).nOut(3).build(),
                new Deconvolution2D.Builder(2, 2).nOut(4).build(),
                new SeparableConvolution2D.Builder(2, 2).nOut(3).build(),
                softmax(3));
        Map<String, Integer> axes = Map.of("0_W", 0, "1_W", 1, "2_pW", 0, "3_W", 1);
        Map<String, INDArray> gradients = new HashMap<>();
        Map<String, INDArray> centered = new HashMap<>();
        step(
                LAYERS,
                Nets.init(configuration),
                batchFor(configuration),
                copyTo(gradients),
                new GradientCentralization(),
                copyTo(centered));
        assertThat(centered).hasSize(9);
        centered.forEach((key, after) -> {
            INDArray g = gradients.get(key);
            Integer axis = axes.get(key);
            if (axis == null) {
                assertThat(after).as(key).isEqualTo(g);
                return;
            }
            for (int output = 0; output < g.size(axis); output++) {
                double[] all = flat(g.tensorAlongDimension(output, others(g.rank(), axis)))
                        .toDoubleVector();
                double mean = Arrays.stream(all).average().orElseThrow();
                double[] expected =
                        Arrays.stream(all).map(element -> element - mean).toArray();
                Tolerance.assertClose(
                        key + " " + output,
                        flat(after.tensorAlongDimension(output, others(g.rank(), axis))),
                        Nd4j.createFromArray(expected),
                        Tolerance.DOUBLE);
            }
        });
    }

    private static GradientTransform copyTo(Map<String, INDArray> copies) {
        return gradient -> gradient.parameters()
                .forEach(parameter -> copies.put(
                        parameter.layer() + "_" + parameter.name(),
                        parameter.gradient().dup()));
    }

    private static int[] others(int rank, int axis) {
        return IntStream.range(0, rank).filter(i -> i != axis).toArray();
    }

    /** 4,000 normal numbers: their mean and variance are within 5 standard errors. */
    @Test
    void noiseHasTheVarianceOfItsStep() {
        double[] deviations = {Math.sqrt(0.3), Math.sqrt(0.3 / Math.pow(2, 0.55))};
        MultiLayerNetwork network = Nets.init(of(InputType.feedForward(4), dense(500), softmax(3)));
        for (int step = 0; step < 2; step++) {
            List<INDArray> seen = new ArrayList<>();
            step(
                    LAYERS,
                    network,
                    batch(),
                    gradient -> gradient.parameters()
                            .forEach(parameter -> parameter.gradient().assign(0)),
                    new GradientNoise(0.3),
                    gradient -> seen.add(flat(gradient)));
            double[] noise = seen.get(0).toDoubleVector();
            double mean = Arrays.stream(noise).average().orElseThrow();
            double variance = Arrays.stream(noise).map(x -> x * x).average().orElseThrow();
            assertThat(noise).hasSize(500 * 5 + 501 * 3);
            assertThat(mean).isCloseTo(0, within(5 * deviations[step] / Math.sqrt(noise.length)));
            assertThat(Math.sqrt(variance))
                    .isCloseTo(deviations[step], within(5 * deviations[step] / Math.sqrt(2 * noise.length)));
        }
    }

    @EachNetworkClass
    <T extends Model> void noiseBelongsToTheStepAndLeavesTheGeneratorAlone(NetworkClass<T> type) {
        INDArray[] parameters = new INDArray[3];
        for (int workers = 1; workers <= 3; workers++) {
            T network = type.init(mlp());
            Nd4j.getRandom().setSeed(workers);
            double next = Nd4j.getRandom().nextDouble();
            Nd4j.getRandom().setSeed(workers);
            step(type, network, workers, batch(), new GradientNoise(0.3));
            assertThat(Nd4j.getRandom().nextDouble()).isEqualTo(next);
            parameters[workers - 1] = network.params().dup();
        }
        Tolerance.assertClose("parameters", parameters[1], parameters[0], Tolerance.DOUBLE);
        assertThat(parameters[2]).isEqualTo(parameters[1]);
    }

    @EachNetworkClass
    <T extends Model> void inTruncatedBpttEachSegmentIsTransformed(NetworkClass<T> type) {
        MultiLayerConfiguration configuration = of(InputType.recurrent(3), lstm(4), rnnSoftmax(3));
        configuration.setBackpropType(BackpropType.TruncatedBPTT);
        configuration.setTbpttFwdLength(2);
        configuration.setTbpttBackLength(2);
        Data data = new Data(5, DataType.DOUBLE);
        DataSet batch = new DataSet(data.normal(6, 3, 5), data.oneHotSequences(6, 3, 5));
        List<Integer> iterations = new ArrayList<>();
        step(type, type.init(configuration), batch, gradient -> iterations.add(gradient.iteration()));
        assertThat(iterations).containsExactly(0, 1, 2);
    }

    @EachNetworkClass
    <T extends Model> void aTransformThatThrowsEndsTheStep(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        type.fit(network, batch());
        Snapshot before = Snapshot.of(network);
        IllegalStateException thrown = new IllegalStateException("mine");
        assertThatIllegalStateException()
                .isThrownBy(() -> step(type, network, batch(), gradient -> {
                    throw thrown;
                }))
                .isSameAs(thrown);
        before.assertUnchanged(network);
    }

    @EachNetworkClass
    <T extends Model> void aTransformThatLeavesNanIsRefused(NetworkClass<T> type) {
        T network = type.init(Nets.mlp());
        type.fit(network, batch());
        Snapshot before = Snapshot.of(network);
        assertThatExceptionOfType(NonFiniteGradientException.class)
                .isThrownBy(() -> step(
                        type,
                        network,
                        batch(),
                        gradient -> gradient.parameters().get(2).gradient().putScalar(1, Double.NaN)))
                .withMessageContainingAll("parameter 'W' of layer '1'", "transforms", "Step 1 is refused");
        before.assertUnchanged(network);
    }

    @Test
    void theTransformThatLeftNanIsNamed() {
        assertThatExceptionOfType(NonFiniteGradientException.class)
                .isThrownBy(() -> step(
                        LAYERS,
                        Nets.init(mlp()),
                        batch(),
                        new ClipGlobalNorm(1),
                        gradient -> gradient.parameters().get(0).gradient().divi(0),
                        new ClipGlobalNorm(2)))
                .withMessageContainingAll(
                        "before transform 2 of 3, a lambda of " + getClass().getName() + ". Step 0 is refused",
                        "Look there for a division by 0");
        assertThatExceptionOfType(NonFiniteGradientException.class)
                .isThrownBy(() -> step(LAYERS, Nets.init(mlp()), batch(), new ToNan(), new ClipGlobalNorm(2)))
                .withMessageContaining("before transform 1 of 2, ToNan[]. Step");
    }

    /** What counts is what reaches the step. */
    @Test
    void aTransformMayMendWhatAnotherLeft() {
        StepReport report = step(
                LAYERS,
                Nets.init(mlp()),
                batch(),
                new ToNan(),
                gradient -> gradient.parameters()
                        .forEach(parameter -> parameter.gradient().assign(0)));
        assertThat(report.stepped()).isTrue();
    }

    record ToNan() implements GradientTransform {
        @Override
        public void apply(WindowGradient gradient) {
            gradient.parameters().get(1).gradient().assign(Double.NaN);
        }
    }

    @Test
    void aTransformMayNotTrain() {
        MultiLayerNetwork network = Nets.init(mlp());
        List<GradientAccumulationTrainer> trainers = new ArrayList<>();
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .gradientTransforms(gradient -> trainers.get(0).fit(batch()))
                .build()) {
            trainers.add(trainer);
            assertThatIllegalStateException()
                    .isThrownBy(() -> trainer.fit(batch()))
                    .withMessageContaining("(by a listener, an iterator, a gradient transform or a schedule)");
        }
    }

    @Test
    void withoutTransformsNoNormIsReported() {
        assertThat(step(LAYERS, Nets.init(mlp()), batch()).gradientNorm()).isNaN();
    }

    @Test
    void aFrozenNetworkIsRefused() {
        MultiLayerNetwork network = Nets.init(
                of(InputType.feedForward(4), new FrozenLayer(dense(4)), new FrozenLayerWithBackprop(softmax(3))));
        var builder = GradientAccumulationTrainer.builder(network).gradientTransforms(new ClipGlobalNorm(1));
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessageContainingAll("all layers of the network are frozen", "leave out", "ClipGlobalNorm");
    }

    static Stream<Arguments> badNumbers() {
        return Stream.<Arguments>of(
                bad("maxNorm", 0, () -> new ClipGlobalNorm(0)),
                bad("maxNorm", -1, () -> new ClipGlobalNorm(-1)),
                bad("maxNorm", Double.NaN, () -> new ClipGlobalNorm(Double.NaN)),
                bad("limit", 0, () -> new ClipValue(0)),
                bad("limit", Double.POSITIVE_INFINITY, () -> new ClipValue(Double.POSITIVE_INFINITY)),
                bad("eta", 0, () -> new Lars(0, 0, 0)),
                bad("eps", -1, () -> new Lars(1, -1, 0)),
                bad("weightDecay", Double.NaN, () -> new Lars(1, 0, Double.NaN)),
                bad("eta", -0.5, () -> new GradientNoise(-0.5)),
                bad("gamma", -2, () -> new GradientNoise(1, -2)));
    }

    private static Arguments bad(String name, double value, Supplier<GradientTransform> made) {
        return Arguments.of(name, value, made);
    }

    @ParameterizedTest
    @MethodSource("badNumbers")
    void badNumbersAreRefused(String name, double value, Supplier<GradientTransform> made) {
        assertThatIllegalArgumentException().isThrownBy(made::get).withMessageContainingAll(name, "got " + value);
    }

    @Test
    void nullIsRefused() {
        var builder = GradientAccumulationTrainer.builder(Nets.init(mlp()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.gradientTransforms(new ClipValue(1), null))
                .withMessage("a gradient transform must not be null");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.gradientTransforms((GradientTransform[]) null))
                .withMessage("gradientTransforms must not be null");
    }

    private static MultiLayerConfiguration of(InputType input, Layer... layers) {
        return Nets.of(Nets.settings().updater(new Sgd(1)), input, layers);
    }

    private static MultiLayerConfiguration mlp() {
        return of(InputType.feedForward(4), dense(6), softmax(3));
    }

    private static SelfAttentionLayer attention() {
        return new SelfAttentionLayer.Builder()
                .nOut(4)
                .nHeads(2)
                .projectInput(true)
                .build();
    }

    private static DataSet batch() {
        return new Data(3, DataType.DOUBLE).dataSet(EXAMPLES, 3, 4);
    }

    private static DataSet batchFor(MultiLayerConfiguration configuration) {
        Data data = new Data(3, DataType.DOUBLE);
        String first = configuration.getConf(0).getLayer().getClass().getSimpleName();
        return switch (first) {
            case "ConvolutionLayer" -> data.dataSet(EXAMPLES, 3, 2, 6, 6);
            case "Bidirectional" -> new DataSet(data.normal(EXAMPLES, 3, 4), data.oneHotSequences(EXAMPLES, 3, 4));
            default -> batch();
        };
    }

    /** The sum over the examples, by DL4J alone. */
    private static <T extends Model> INDArray nativeGradient(
            NetworkClass<T> type, MultiLayerConfiguration configuration) {
        T network = type.init(configuration);
        DataSet batch = batch();
        if (network instanceof MultiLayerNetwork layers) {
            layers.setInput(batch.getFeatures());
            layers.setLabels(batch.getLabels());
        } else {
            ComputationGraph graph = (ComputationGraph) network;
            graph.initGradientsView();
            graph.setInputs(batch.getFeatures());
            graph.setLabels(batch.getLabels());
        }
        network.computeGradientAndScore(LayerWorkspaceMgr.noWorkspaces());
        return flat(network.gradient().gradient()).dup();
    }

    private static INDArray flat(INDArray array) {
        return array.dup('c').reshape('c', false, array.length());
    }

    /** In the order in which DL4J flattens parameters, and each in the order of its view. */
    private static INDArray flat(WindowGradient gradient) {
        return Nd4j.concat(
                0,
                gradient.parameters().stream()
                        .map(parameter -> parameter
                                .gradient()
                                .dup()
                                .reshape(
                                        parameter.gradient().ordering(),
                                        false,
                                        parameter.gradient().length()))
                        .toArray(INDArray[]::new));
    }

    private static <T extends Model> StepReport step(
            NetworkClass<T> type, T network, DataSet batch, GradientTransform... transforms) {
        return step(type, network, 1, batch, transforms);
    }

    private static <T extends Model> StepReport step(
            NetworkClass<T> type, T network, int workers, DataSet batch, GradientTransform... transforms) {
        try (var trainer = type.builder(network)
                .microBatchSize(5)
                .parallelism(workers)
                .gradientTransforms(transforms)
                .build()) {
            return trainer.fit(batch);
        }
    }
}
