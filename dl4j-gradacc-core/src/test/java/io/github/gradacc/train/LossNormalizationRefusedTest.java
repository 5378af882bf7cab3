/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.loss.LabelWeights;
import io.github.gradacc.loss.LossCtc;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.objdetect.Yolo2OutputLayer;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
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
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** Networks and batches whose labels cannot be counted. */
@ExtendWith(DoubleByDefault.class)
class LossNormalizationRefusedTest {

    static Stream<Arguments> outputs() {
        return Stream.of(
                Arguments.of("a loss for each position", InputType.convolutional(4, 4, 14), yolo()),
                Arguments.of(
                        "a loss for each position",
                        InputType.feedForward(4),
                        new OCNNOutputLayer.Builder().hiddenLayerSize(3).build()),
                Arguments.of(
                        "scores the batch as a whole",
                        InputType.feedForward(4),
                        new OutputLayer.Builder(new LossFMeasure())
                                .nOut(1)
                                .activation(Activation.SIGMOID)
                                .build()),
                Arguments.of(
                        "has the format NHWC",
                        InputType.convolutional(4, 4, 14, CNN2DFormat.NHWC),
                        new CnnLossLayer.Builder(LossFunction.MSE)
                                .format(CNN2DFormat.NHWC)
                                .build()),
                Arguments.of(
                        "mask is the length of an input",
                        InputType.recurrent(4),
                        new RnnOutputLayer.Builder(new LossCtc())
                                .nOut(3)
                                .activation(Activation.IDENTITY)
                                .build()));
    }

    private static Layer yolo() {
        return new Yolo2OutputLayer.Builder()
                .boundingBoxPriors(Nd4j.createFromArray(new double[][] {{1, 1}, {2, 1}}))
                .build();
    }

    @ParameterizedTest
    @MethodSource("outputs")
    void anOutputWithoutPositionsIsRefusedWhenBuilt(String reason, InputType input, Layer output) {
        Layer before = input instanceof InputType.InputTypeConvolutional images
                ? new ConvolutionLayer.Builder(1, 1)
                        .nOut(14)
                        .dataFormat(images.getFormat())
                        .build()
                : input instanceof InputType.InputTypeRecurrent ? lstm(3) : dense(3);
        var network = Nets.init(Nets.of(input, before, output));
        for (LossNormalization by :
                new LossNormalization[] {LossNormalization.UNMASKED, LossNormalization.LABEL_WEIGHTS}) {
            var builder = GradientAccumulationTrainer.builder(network).lossNormalization(by);
            assertThatIllegalStateException()
                    .isThrownBy(builder::build)
                    .withMessageContainingAll(
                            by.name(),
                            "layer '1'",
                            output.getClass().getSimpleName(),
                            reason,
                            "use LossNormalization.EXAMPLES");
        }
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .lossNormalization(LossNormalization.EXAMPLES)
                .build()) {
            assertThat(trainer).isNotNull();
        }
    }

    @EachNetworkClass
    <T extends Model> void sumsAreRefused(NetworkClass<T> type) {
        var builder = type.builder(type.init(Nets.mlp(settings -> settings.miniBatch(false))))
                .lossNormalization(LossNormalization.UNMASKED);
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessageContainingAll("UNMASKED", "miniBatch(false)", "leave out one of them");
    }

    @Test
    void centerLossIsRefusedBesideOtherOutputs() {
        ComputationGraph graph = NetworkClass.GRAPH.init(Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.feedForward(4))
                .addLayer("dense", dense(5), "in")
                .addLayer("a", softmax(3), "dense")
                .addLayer("b", centerLoss(), "dense")
                .setOutputs("a", "b")
                .build());
        var builder = GradientAccumulationTrainer.builder(graph).lossNormalization(LossNormalization.UNMASKED);
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessageContainingAll("layer 'b'", "center loss", "beside other outputs");
    }

    /** As the only output it is divided as a whole. */
    @EachNetworkClass
    <T extends Model> void centerLossAloneIsDivided(NetworkClass<T> type) {
        T network = type.init(Nets.of(InputType.feedForward(4), dense(5), centerLoss()));
        T reference = type.init(Nets.of(InputType.feedForward(4), dense(5), centerLoss()));
        DataSet batch = new Data(1, DataType.DOUBLE).dataSet(6, 3, 4);
        try (var trainer = type.builder(network)
                        .lossNormalization(LossNormalization.UNMASKED)
                        .build();
                var natively = type.builder(reference).build()) {
            assertThat(trainer.fit(batch)).isEqualTo(natively.fit(batch));
        }
        assertThat(network.params()).isEqualTo(reference.params());
    }

    private static Layer centerLoss() {
        return new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                .nOut(3)
                .activation(Activation.SOFTMAX)
                .build();
    }

    /** There the loss would be masked, and labels be counted that are not. */
    @EachNetworkClass
    <T extends Model> void aMaskOfTheFeaturesThatReachesTheLossIsRefused(NetworkClass<T> type) {
        T network = type.init(Nets.of(
                InputType.recurrent(3),
                lstm(3),
                new RnnLossLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .build()));
        Data data = new Data(1, DataType.DOUBLE);
        INDArray mask = data.mask(4, 5);
        DataSet batch = new DataSet(data.normal(4, 3, 5), data.oneHotSequences(4, 3, 5), mask, null);
        Snapshot before = Snapshot.of(network);
        try (var trainer = type.builder(network)
                .lossNormalization(LossNormalization.UNMASKED)
                .build()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fit(batch))
                    .withMessageContainingAll("UNMASKED", "labels[0] have none", "give the same mask for the labels");
            before.assertUnchanged(network);
            batch.setLabelsMaskArray(mask);
            assertThat(trainer.fit(batch).stepped()).isTrue();
        }
    }

    /** A recurrent output layer is not handed the mask of the features, so padding counts; that is said once. */
    @EachNetworkClass
    <T extends Model> void labelsWithoutTheMaskOfTheFeaturesAreWarnedOf(NetworkClass<T> type) {
        T network = type.init(Nets.of(InputType.recurrent(3), lstm(3), rnnSoftmax(3)));
        Data data = new Data(1, DataType.DOUBLE);
        INDArray mask = data.mask(4, 5);
        DataSet batch = new DataSet(data.normal(4, 3, 5), data.oneHotSequences(4, 3, 5), mask, null);
        try (var lines = new LogLines("io.github.gradacc.pass");
                var trainer = type.builder(network)
                        .lossNormalization(LossNormalization.UNMASKED)
                        .build()) {
            trainer.fit(batch);
            trainer.fit(batch);
            assertThat(lines.warnings())
                    .singleElement()
                    .asString()
                    .contains("UNMASKED", "every position of labels[0]", "Give the labels a mask");
            batch.setLabelsMaskArray(mask);
        }
        try (var lines = new LogLines("io.github.gradacc.pass");
                var trainer = type.builder(network)
                        .lossNormalization(LossNormalization.UNMASKED)
                        .build()) {
            trainer.fit(batch);
            assertThat(lines.warnings()).isEmpty();
        }
    }

    static Stream<Arguments> badWeights() {
        return Stream.of(
                Arguments.of(new double[] {1, 1, Double.NaN, 1}, "got the weight NaN in row 2"),
                Arguments.of(new double[] {1, -1, 1, 1}, "got the weight -1.0 in row 1"),
                Arguments.of(new double[] {Double.POSITIVE_INFINITY, 1, 1, 1}, "got the weight Infinity in row 0"),
                Arguments.of(new double[] {1, 1, 1}, "must return 4 numbers, one for each row of labels, got 3"),
                Arguments.of(new double[] {1, 1, 1, 1, 1}, "must return 4 numbers, one for each row of labels, got 5"),
                Arguments.of(null, "must return 4 numbers, one for each row of labels, got null"));
    }

    @ParameterizedTest
    @MethodSource("badWeights")
    void weightsThatAreNoneAreRefused(double[] weights, String message) {
        var network = Nets.init(Nets.of(
                InputType.feedForward(4),
                new OutputLayer.Builder(new Weighing(weights))
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build()));
        assertRefused(network, new Data(1, DataType.DOUBLE).dataSet(4, 3, 4), message);
    }

    private static final class Weighing extends LossMCXENT implements LabelWeights {

        private final double[] each;

        Weighing(double... each) {
            this.each = each;
        }

        @Override
        public double[] labelWeights(INDArray labels) {
            return each;
        }
    }

    @Test
    void labelsWithoutValuesAreRefused() {
        var network = Nets.init(Nets.mlp());
        DataSet batch = new DataSet(new Data(1, DataType.DOUBLE).normal(4, 4), Nd4j.ones(DataType.DOUBLE, 4));
        assertRefused(network, batch, "Labels have at least two dimensions");
    }

    @Test
    void aMaskThatDoesNotFitIsRefused() {
        DataSet batch = new Data(1, DataType.DOUBLE).dataSet(4, 3, 4);
        batch.setLabelsMaskArray(Nd4j.ones(DataType.DOUBLE, 4, 2));
        assertRefused(Nets.init(Nets.mlp()), batch, "A mask of shape [4, 2] does not fit labels of shape [4, 3]");
    }

    private static void assertRefused(MultiLayerNetwork network, DataSet batch, String message) {
        Snapshot before = Snapshot.of(network);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .lossNormalization(LossNormalization.LABEL_WEIGHTS)
                .build()) {
            assertThatThrownBy(() -> trainer.fit(batch)).hasMessageContaining(message);
        }
        before.assertUnchanged(network);
    }

    @Test
    void nullIsRefused() {
        var builder = GradientAccumulationTrainer.builder(Nets.init(Nets.mlp()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.lossNormalization(null))
                .withMessage("lossNormalization must not be null");
    }
}
