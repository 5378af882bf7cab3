/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static io.github.gradacc.testing.NetworkClass.LAYERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Quiet;
import io.github.gradacc.testing.Tolerance;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Accumulation equals native training on the big batch when examples count in part only. DL4J divides by the number of
 * examples, masked or not; so what a micro-batch weighs does not depend on its masks.
 */
@ExtendWith({DoubleByDefault.class, Quiet.class})
class ExactMasksTest {

    private static final int STEPS = 5;
    private static final int[] LENGTHS = {5, 2, 4, 3, 5, 1, 4, 2};

    static Stream<ExactnessCase> sequences() {
        return Stream.of(
                perStep("features and labels masked alike", ExactMasksTest::masked),
                perStep("features masked", () -> batches((data, n) -> sequence(data, n, data.mask(n, STEPS), null))),
                perStep("labels masked", () -> batches((data, n) -> sequence(data, n, null, data.mask(n, STEPS)))),
                perStep(
                        "features and labels masked differently",
                        () -> batches((data, n) -> sequence(data, n, data.mask(n, STEPS), data.mask(n, STEPS)))),
                perOutputOfSequences(),
                perStep("fully masked examples", () -> blanked(ExactMasksTest.masked(), 1)),
                perStep("fully masked micro-batches", () -> blanked(ExactMasksTest.masked(), 2)),
                perStep("a fully masked window but one", () -> blanked(ExactMasksTest.masked(), 4)),
                net("both directions", ExactMasksTest::masked, new Bidirectional(lstm(4)), rnnSoftmax(3)),
                net(
                        "simple",
                        ExactMasksTest::masked,
                        new SimpleRnn.Builder().nOut(4).build(),
                        rnnSoftmax(3)),
                net("recurrent, dense, recurrent", ExactMasksTest::masked, lstm(4), dense(4), lstm(3), rnnSoftmax(3)),
                net("self-attention", ExactMasksTest::masked, attention(), rnnSoftmax(3)));
    }

    static Stream<ExactnessCase> oneLabelPerSequence() {
        return Stream.of(
                net("last step", ExactMasksTest::labeled, new LastTimeStep(lstm(4)), softmax(3)),
                net("max", ExactMasksTest::labeled, lstm(4), new GlobalPoolingLayer(PoolingType.MAX), softmax(3)),
                net("average", ExactMasksTest::labeled, lstm(4), new GlobalPoolingLayer(PoolingType.AVG), softmax(3)),
                net("sum", ExactMasksTest::labeled, lstm(4), new GlobalPoolingLayer(PoolingType.SUM), softmax(3)),
                net("norm", ExactMasksTest::labeled, lstm(4), new GlobalPoolingLayer(PoolingType.PNORM), softmax(3)),
                net(
                        "last step, labels masked",
                        () -> withLabelMasks(pairs(labeled()), 1),
                        new LastTimeStep(lstm(4)),
                        softmax(3)));
    }

    static Stream<ExactnessCase> differentLengths() {
        return Stream.of(
                perStep("each step", ExactMasksTest::ofDifferentLengths),
                perStep("each step, masked", ExactMasksTest::ofDifferentLengthsMasked),
                net(
                        "recurrent, dense, recurrent",
                        ExactMasksTest::ofDifferentLengths,
                        lstm(4),
                        dense(4),
                        lstm(3),
                        rnnSoftmax(3)),
                net("last step", ExactMasksTest::labeledOfDifferentLengths, new LastTimeStep(lstm(4)), softmax(3)),
                net(
                        "average",
                        ExactMasksTest::labeledOfDifferentLengths,
                        lstm(4),
                        new GlobalPoolingLayer(PoolingType.AVG),
                        softmax(3)),
                net(
                        "max",
                        ExactMasksTest::labeledOfDifferentLengths,
                        lstm(4),
                        new GlobalPoolingLayer(PoolingType.MAX),
                        softmax(3)));
    }

    static Stream<ExactnessCase> examples() {
        return Stream.of(
                images(),
                ExactnessCase.of("by example", Nets::mlp, () -> withLabelMasks(pairs(Batches.mlp()), 1)),
                ExactnessCase.of(
                        "by output",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                dense(6),
                                new OutputLayer.Builder(LossFunction.XENT)
                                        .nOut(3)
                                        .activation(Activation.SIGMOID)
                                        .build()),
                        () -> withLabelMasks(Batches.mlp(), 3)));
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource({"sequences", "oneLabelPerSequence", "examples"})
    void equalsNativeTraining(ExactnessCase testCase) {
        testCase.verify();
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("sequences")
    void equalsNativeTrainingExampleByExample(ExactnessCase testCase) {
        testCase.windows(2, 1).epochs(1).verify();
    }

    /**
     * The reference is padded to the longest sequence of its window and masked there. All is equal but the activations
     * past the ends of sequences: native training shows what layers make of the padding, accumulation never computes
     * it.
     */
    @ParameterizedTest(name = "{0}")
    @MethodSource("differentLengths")
    void equalsNativeTrainingOnPaddedSequences(ExactnessCase testCase) {
        var reference = testCase.natively(LAYERS).withoutActivations();
        testCase.accumulated(LAYERS).withoutActivations().assertSameAs(reference, testCase.tolerance());
    }

    /**
     * A bug of DL4J 1.0.0-M2.1, and why the table has no case of different lengths for both directions: an LSTM ignores
     * the mask, so that the backward direction starts in the padding. Padding a batch and masking that changes native
     * training.
     */
    @Test
    void paddingChangesNativeTrainingOfBothDirections() {
        var padded = perDirection();
        var unpadded = padded.clone();
        List<DataSet> longAndShort = ofDifferentLengths().subList(0, 2);
        DataSet merged = DataSet.merge(longAndShort);
        padded.fit(merged.getRange(4, 8));
        unpadded.fit(longAndShort.get(1));
        assertThat(padded.params().distance2(unpadded.params())).isGreaterThan(1e-4);
    }

    private static MultiLayerNetwork perDirection() {
        return net("", List::of, new Bidirectional(lstm(4)), rnnSoftmax(3))
                .workload()
                .network(LAYERS);
    }

    @Test
    void activationsPastTheEndsOfSequencesAreShownAsZero() {
        ExactnessCase testCase = perStep("", ExactMasksTest::ofDifferentLengths);
        INDArray mask = Data.windows(ofDifferentLengths(), 3).get(0).getFeaturesMaskArray();
        INDArray ours =
                testCase.accumulated(LAYERS).events().events().get(1).arrays().get(1);
        INDArray padded =
                testCase.natively(LAYERS).events().events().get(1).arrays().get(1);
        assertThat(padded.mul(mask.reshape(12, 1, STEPS).rsub(1)).amaxNumber().doubleValue())
                .isPositive();
        Tolerance.assertClose(
                "LSTM", ours, padded.mul(mask.reshape(12, 1, STEPS).broadcast(12, 4, STEPS)), Tolerance.DOUBLE);
    }

    /**
     * A bug of DL4J 1.0.0-M2.1: for softmax with MCXENT it takes a mask of shape [1, 1] for a mask by output, and
     * refuses it. Here a masked example may be alone in its micro-batch, or in its window.
     */
    @EachNetworkClass
    <T extends Model> void oneMaskedExampleMayBeAlone(NetworkClass<T> type) {
        ExactnessCase testCase =
                ExactnessCase.of("masked by example", Nets::mlp, () -> withLabelMasks(Batches.mlp(), 1));
        testCase.windows(3, 1).verify(type);

        DataSet alone = withLabelMasks(List.of(Batches.mlp().get(5)), 1).get(0);
        assertThat(alone.numExamples()).isEqualTo(1);
        T network = type.init(Nets.mlp());
        assertThatThrownBy(() -> type.fit(network, alone))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("Per output masking");
    }

    /** Images of up to six rows, masked below their own last row. */
    private static ExactnessCase images() {
        return ExactnessCase.of(
                "images by row",
                () -> Nets.of(
                        InputType.convolutional(6, 4, 2),
                        new ConvolutionLayer.Builder(3, 3)
                                .nOut(3)
                                .convolutionMode(ConvolutionMode.Same)
                                .build(),
                        new GlobalPoolingLayer(PoolingType.AVG),
                        softmax(3)),
                () -> batches((data, n) -> new DataSet(
                        data.normal(n, 2, 6, 4),
                        data.oneHot(n, 3),
                        data.mask(n, 6).reshape(n, 1, 6, 1),
                        null)));
    }

    private static ExactnessCase perStep(String name, Supplier<List<DataSet>> batches) {
        return net(name, batches, lstm(4), rnnSoftmax(3));
    }

    /** Plain SGD: most steps masked leave gradients near zero, whose rounding Adam would magnify. */
    private static ExactnessCase net(String name, Supplier<List<DataSet>> batches, Layer... layers) {
        return ExactnessCase.of(
                name, () -> Nets.of(Nets.settings().updater(new Sgd(0.5)), InputType.recurrent(3), layers), batches);
    }

    private static ExactnessCase perOutputOfSequences() {
        return net(
                "labels masked by output",
                () -> batches((data, n) -> new DataSet(
                        data.normal(n, 3, STEPS), data.indices(2, n, 3, STEPS), null, data.indices(2, n, 3, STEPS))),
                lstm(4),
                new RnnOutputLayer.Builder(LossFunction.XENT)
                        .nOut(3)
                        .activation(Activation.SIGMOID)
                        .build());
    }

    private static Layer attention() {
        return new SelfAttentionLayer.Builder()
                .nOut(4)
                .nHeads(2)
                .headSize(2)
                .projectInput(true)
                .build();
    }

    private interface SetMaker {
        DataSet make(Data data, int examples);
    }

    private static List<DataSet> batches(SetMaker maker) {
        Data data = new Data(11, DataType.DOUBLE);
        return Batches.ragged(n -> maker.make(data, n));
    }

    private static DataSet sequence(Data data, int n, INDArray featuresMask, INDArray labelsMask) {
        return new DataSet(data.normal(n, 3, STEPS), data.oneHotSequences(n, 3, STEPS), featuresMask, labelsMask);
    }

    private static List<DataSet> masked() {
        return batches((data, n) -> {
            INDArray mask = data.mask(n, STEPS);
            return sequence(data, n, mask, mask.dup());
        });
    }

    private static List<DataSet> labeled() {
        return batches(
                (data, n) -> new DataSet(data.normal(n, 3, STEPS), data.oneHot(n, 3), data.mask(n, STEPS), null));
    }

    /** The first examples of each batch but the first are masked at every step. */
    private static List<DataSet> blanked(List<DataSet> batches, int examples) {
        for (DataSet batch : batches.subList(1, batches.size())) {
            for (int i = 0; i < Math.min(examples, batch.numExamples()); i++) {
                batch.getFeaturesMaskArray()
                        .putRow(i, batch.getFeaturesMaskArray().getRow(i).mul(0));
                batch.getLabelsMaskArray()
                        .putRow(i, batch.getLabelsMaskArray().getRow(i).mul(0));
            }
        }
        return batches;
    }

    private static List<DataSet> ofDifferentLengths() {
        return Batches.ofLengths(LENGTHS);
    }

    private static List<DataSet> ofDifferentLengthsMasked() {
        Data data = new Data(13, DataType.DOUBLE);
        List<DataSet> batches = ofDifferentLengths();
        for (DataSet batch : batches) {
            INDArray mask = data.mask(4, (int) batch.getFeatures().size(2));
            batch.setFeaturesMaskArray(mask);
            batch.setLabelsMaskArray(mask.dup());
        }
        return batches;
    }

    private static List<DataSet> labeledOfDifferentLengths() {
        Data data = new Data(14, DataType.DOUBLE);
        List<DataSet> batches = new ArrayList<>();
        for (int length : LENGTHS) {
            batches.add(new DataSet(data.normal(4, 3, length), data.oneHot(4, 3)));
        }
        return batches;
    }

    /** Without the last example of batches of odd size, and without batches of one: no micro-batch is one example. */
    private static List<DataSet> pairs(List<DataSet> batches) {
        return batches.stream()
                .filter(batch -> batch.numExamples() > 1)
                .map(batch -> (DataSet) batch.getRange(0, batch.numExamples() / 2 * 2))
                .toList();
    }

    /** Masks of shape [examples, columns]. */
    private static List<DataSet> withLabelMasks(List<DataSet> batches, int columns) {
        Data data = new Data(15, DataType.DOUBLE);
        batches.forEach(batch -> batch.setLabelsMaskArray(data.indices(2, batch.numExamples(), columns)));
        return batches;
    }
}
