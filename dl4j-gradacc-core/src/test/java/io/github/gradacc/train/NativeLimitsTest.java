/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static io.github.gradacc.testing.NetworkClass.LAYERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling3D;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Networks that DL4J 1.0.0-M2.1 builds but cannot train, and which the exactness table therefore leaves out. A case
 * that fails here has been mended in DL4J and belongs in the table. Two more networks are only told of here, since
 * their native operations print what they fail of: PReLU on shared axes (Op [prelu_bp] execution failed) and learned
 * self-attention (Op with name scatter_update [...] execution failed).
 */
@ExtendWith(DoubleByDefault.class)
class NativeLimitsTest {

    /** A network that native training fails on, and a part of the message it fails with. */
    record Limit(ExactnessCase testCase, String message) {
        @Override
        public String toString() {
            return testCase.name();
        }
    }

    static Stream<Limit> limits() {
        return Stream.of(
                new Limit(
                        ExactnessCase.of(
                                "sum pooling",
                                () -> Nets.of(
                                        InputType.convolutional(4, 4, 2),
                                        new SubsamplingLayer.Builder(PoolingType.SUM)
                                                .kernelSize(2, 2)
                                                .build(),
                                        softmax(3)),
                                NativeLimitsTest::images),
                        "Not supported: SUM"),
                new Limit(
                        ExactnessCase.of(
                                "upsampling 3D below a dense layer",
                                () -> Nets.of(
                                        InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 2, 2, 2, 3),
                                        new Upsampling3D.Builder(2).build(),
                                        dense(4),
                                        softmax(3)),
                                () -> Batches.classification(
                                        DataType.DOUBLE, 3, data -> n -> data.normal(n, 3, 2, 2, 2))),
                        "Invalid input array: expected shape in format"),
                new Limit(
                        ExactnessCase.of(
                                "SimpleRnn with layer normalization",
                                () -> Nets.of(
                                        InputType.recurrent(3, 5),
                                        new SimpleRnn.Builder()
                                                .nOut(4)
                                                .hasLayerNorm(true)
                                                .build(),
                                        rnnSoftmax(3)),
                                Batches::sequences),
                        "Indices are out of range"),
                new Limit(
                        ExactnessCase.of(
                                "local response normalization of fewer channels than half its depth",
                                () -> responseNormalization(2),
                                NativeLimitsTest::images),
                        "Cannot perform operation addi on empty array"),
                new Limit(
                        ExactnessCase.of(
                                "sums in place of means where time is folded into examples",
                                () -> Nets.of(
                                        Nets.settings().miniBatch(false),
                                        InputType.recurrent(3, 5),
                                        dense(4),
                                        rnnSoftmax(3)),
                                Batches::sequences),
                        "mismatch on dimension 2 (sequence length) - input=[1, 4, 60] vs. label=[12, 3, 5]"));
    }

    private static List<DataSet> images() {
        return Batches.classification(DataType.DOUBLE, 3, data -> n -> data.normal(n, 2, 4, 4));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("limits")
    void nativeTrainingFails(Limit limit) {
        assertThatThrownBy(() -> limit.testCase().natively(LAYERS)).hasMessageContaining(limit.message());
    }

    /** It goes to as many channels to each side as half its depth, which is 5: two are too few, three are not. */
    @Test
    void localResponseNormalizationTrainsOnThreeChannels() {
        MultiLayerNetwork network = Nets.init(responseNormalization(3));
        INDArray before = network.params().dup();
        Data data = new Data(2, DataType.DOUBLE);
        network.fit(new DataSet(data.normal(4, 3, 4, 4), data.oneHot(4, 3)));
        assertThat(network.params()).isNotEqualTo(before);
    }

    private static MultiLayerConfiguration responseNormalization(int channels) {
        return Nets.of(
                InputType.convolutional(4, 4, channels),
                new LocalResponseNormalization.Builder().build(),
                dense(4),
                softmax(3));
    }

    /** The same layers of a graph take the number of examples from the data. */
    @Test
    void graphsFoldTimeIntoExamplesAlsoForSums() {
        ComputationGraph graph = NetworkClass.GRAPH.init(
                Nets.of(Nets.settings().miniBatch(false), InputType.recurrent(3, 5), dense(4), rnnSoftmax(3)));
        INDArray before = graph.params().dup();
        Batches.sequences().forEach(graph::fit);
        assertThat(graph.params()).isNotEqualTo(before);
    }

    /** {@code MultiLayerNetwork.fit(MultiDataSet)} asks for the mask of the features before it takes either. */
    @Test
    void aLoneMaskOfLabelsIsDroppedFromAMultiDataSet() {
        DataSet masked = masked();
        MultiLayerNetwork given = sequences();
        MultiLayerNetwork dropped = sequences();
        MultiLayerNetwork without = sequences();
        given.fit(masked);
        dropped.fit(masked.toMultiDataSet());
        without.fit(new DataSet(masked.getFeatures(), masked.getLabels()));
        assertThat(dropped.params()).isEqualTo(without.params());
        assertThat(given.params().distance2(without.params())).isGreaterThan(1e-3);
    }

    @Test
    void aLoneMaskOfFeaturesFailsInAMultiDataSet() {
        DataSet masked = masked();
        masked.setFeaturesMaskArray(masked.getLabelsMaskArray());
        masked.setLabelsMaskArray(null);
        sequences().fit(masked);
        assertThatThrownBy(() -> sequences().fit(masked.toMultiDataSet())).isInstanceOf(NullPointerException.class);
    }

    private static MultiLayerNetwork sequences() {
        return Nets.init(Nets.of(InputType.recurrent(3, 5), lstm(4), rnnSoftmax(3)));
    }

    private static DataSet masked() {
        Data data = new Data(3, DataType.DOUBLE);
        return new DataSet(data.normal(4, 3, 5), data.oneHotSequences(4, 3, 5), null, data.mask(4, 5));
    }

    /**
     * {@code CnnLossLayer.computeScore} takes NHWC for NCHW: with the same pictures the score differs, and with a mask
     * for each output the gradient does, too.
     */
    @Test
    void imagesInNhwcAreScoredAsOthers() {
        Data data = new Data(1, DataType.DOUBLE);
        INDArray features = data.normal(4, 2, 2, 5);
        INDArray labels = data.normal(4, 2, 2, 5);
        INDArray mask = data.indices(2, 4, 2, 2, 5);
        MultiLayerNetwork channelsFirst = imageLoss(CNN2DFormat.NCHW, LossFunction.L2, Activation.TANH);
        MultiLayerNetwork channelsLast = imageLoss(CNN2DFormat.NHWC, LossFunction.L2, Activation.TANH);
        INDArray start = channelsFirst.params().dup();
        channelsFirst.fit(new DataSet(features, labels));
        channelsLast.fit(new DataSet(last(features), last(labels)));
        assertThat(channelsLast.params().distance2(channelsFirst.params())).isLessThan(1e-12);
        channelsFirst.setParams(start);
        channelsLast.setParams(start);
        channelsFirst.fit(new DataSet(features, labels, null, mask));
        channelsLast.fit(new DataSet(last(features), last(labels), null, last(mask)));
        assertThat(channelsLast.params().distance2(channelsFirst.params())).isGreaterThan(1e-3);
    }

    /** Unmasked, a sum of squares is the same in every order; a softmax over the wrong values is not. */
    @Test
    void scoresInNhwcAreWrong() {
        Data data = new Data(1, DataType.DOUBLE);
        INDArray features = data.normal(4, 2, 2, 5);
        INDArray labels = data.unit(4, 1, 2, 5);
        INDArray both = Nd4j.concat(1, labels, labels.rsub(1));
        assertThat(imageLoss(CNN2DFormat.NHWC, LossFunction.MCXENT, Activation.SOFTMAX)
                        .score(new DataSet(last(features), last(both))))
                .isNotCloseTo(
                        imageLoss(CNN2DFormat.NCHW, LossFunction.MCXENT, Activation.SOFTMAX)
                                .score(new DataSet(features, both)),
                        within(1e-3));
    }

    private static INDArray last(INDArray channelsFirst) {
        return channelsFirst.permute(0, 2, 3, 1).dup('c');
    }

    private static MultiLayerNetwork imageLoss(CNN2DFormat format, LossFunction loss, Activation activation) {
        return Nets.init(Nets.of(
                Nets.settings().updater(new Sgd(1)),
                InputType.convolutional(2, 5, 2, format),
                new ConvolutionLayer.Builder(1, 1).nOut(2).dataFormat(format).build(),
                new CnnLossLayer.Builder(loss)
                        .format(format)
                        .activation(activation)
                        .build()));
    }
}
