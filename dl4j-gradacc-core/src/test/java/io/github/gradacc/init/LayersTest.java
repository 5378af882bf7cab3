/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Nets;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Drop-in: every layer of DL4J that takes an initializer, with one of these. */
final class LayersTest {

    private static final IWeightInit INPUT = new KaimingNormal(FanMode.FAN_IN, 1);
    private static final IWeightInit RECURRENT = new Orthogonal(1);

    /** A layer with initializers of this package, and the input of the network to put it into. */
    record Case(Layer layer, InputType input) {
        @Override
        public String toString() {
            return layer.getClass().getSimpleName();
        }

        MultiLayerConfiguration configuration(DataType type) {
            return Nets.of(Nets.settings().dataType(type), input, layer);
        }
    }

    @SuppressWarnings("deprecation") // By DL4J: the Graves layers.
    static Stream<Case> cases() {
        InputType flat = InputType.feedForward(6);
        InputType image = InputType.convolutional(6, 6, 3);
        InputType volume = InputType.convolutional3D(4, 4, 4, 2);
        InputType sequence = InputType.recurrent(6, 5);
        return Stream.of(
                new Case(new DenseLayer.Builder().nOut(4).weightInit(INPUT).build(), flat),
                new Case(
                        new DenseLayer.Builder()
                                .nOut(4)
                                .hasLayerNorm(true)
                                .weightInit(INPUT)
                                .build(),
                        flat),
                new Case(new OutputLayer.Builder().nOut(4).weightInit(INPUT).build(), flat),
                new Case(
                        new CenterLossOutputLayer.Builder()
                                .nOut(4)
                                .weightInit(INPUT)
                                .build(),
                        flat),
                new Case(
                        new OCNNOutputLayer.Builder()
                                .hiddenLayerSize(5)
                                .weightInit(INPUT)
                                .build(),
                        flat),
                new Case(new AutoEncoder.Builder().nOut(4).weightInit(INPUT).build(), flat),
                new Case(
                        new VariationalAutoencoder.Builder()
                                .nOut(4)
                                .encoderLayerSizes(5)
                                .decoderLayerSizes(5)
                                .weightInit(INPUT)
                                .build(),
                        flat),
                new Case(
                        new EmbeddingLayer.Builder()
                                .nIn(9)
                                .nOut(4)
                                .weightInit(INPUT)
                                .build(),
                        flat),
                new Case(
                        new EmbeddingSequenceLayer.Builder()
                                .nIn(9)
                                .nOut(4)
                                .weightInit(INPUT)
                                .build(),
                        InputType.recurrent(9)),
                new Case(
                        new ConvolutionLayer.Builder(3, 3)
                                .nOut(4)
                                .weightInit(INPUT)
                                .build(),
                        image),
                new Case(
                        new Convolution1DLayer.Builder(3)
                                .nOut(4)
                                .weightInit(INPUT)
                                .build(),
                        sequence),
                new Case(
                        new Convolution3D.Builder(2, 2, 2)
                                .nOut(4)
                                .weightInit(INPUT)
                                .build(),
                        volume),
                new Case(
                        new Deconvolution2D.Builder(3, 3)
                                .nOut(4)
                                .weightInit(INPUT)
                                .build(),
                        image),
                new Case(
                        new Deconvolution3D.Builder()
                                .kernelSize(2, 2, 2)
                                .nOut(4)
                                .weightInit(Layout.DECONVOLUTION_3D.of(INPUT))
                                .build(),
                        volume),
                new Case(
                        new DepthwiseConvolution2D.Builder(3, 3)
                                .nOut(6)
                                .depthMultiplier(2)
                                .weightInit(Layout.DEPTHWISE.of(INPUT))
                                .build(),
                        image),
                new Case(
                        new SeparableConvolution2D.Builder(3, 3)
                                .nOut(4)
                                .depthMultiplier(2)
                                .weightInit(Layout.SEPARABLE.of(INPUT))
                                .build(),
                        image),
                new Case(
                        new LSTM.Builder()
                                .nOut(4)
                                .weightInit(INPUT)
                                .weightInitRecurrent(new Orthogonal(1, 4))
                                .build(),
                        sequence),
                new Case(
                        new GravesLSTM.Builder()
                                .nOut(4)
                                .weightInit(INPUT)
                                .weightInitRecurrent(Layout.GRAVES_LSTM.of(new Orthogonal(1, 4)))
                                .build(),
                        sequence),
                new Case(
                        new GravesBidirectionalLSTM.Builder()
                                .nOut(4)
                                .weightInit(Layout.GRAVES_LSTM.of(new Orthogonal(1, 4)))
                                .build(),
                        sequence),
                new Case(
                        new SimpleRnn.Builder()
                                .nOut(4)
                                .weightInit(INPUT)
                                .weightInitRecurrent(new Eye(1))
                                .build(),
                        sequence),
                new Case(
                        new Bidirectional(new LSTM.Builder()
                                .nOut(4)
                                .weightInit(INPUT)
                                .weightInitRecurrent(RECURRENT)
                                .build()),
                        sequence),
                new Case(
                        new PReLULayer.Builder()
                                .inputShape(6)
                                .weightInit(new Normal(0.25, 0.1))
                                .build(),
                        flat),
                new Case(
                        new ElementWiseMultiplicationLayer.Builder()
                                .nIn(6)
                                .nOut(6)
                                .weightInit(INPUT)
                                .build(),
                        flat),
                new Case(new RnnOutputLayer.Builder().nOut(4).weightInit(INPUT).build(), sequence));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theNetworksSeedReproducesIt(Case it) {
        for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
            MultiLayerConfiguration configuration = it.configuration(type);
            MultiLayerNetwork network = Nets.init(configuration);
            assertThat(Nets.init(configuration.clone()).params()).isEqualTo(network.params());
            for (INDArray weights : network.paramTable().values()) {
                assertThat(weights.dataType()).isEqualTo(type);
                assertThat(weights.castTo(DataType.DOUBLE).amaxNumber().doubleValue())
                        .isFinite();
            }
            MultiLayerConfiguration other = configuration.clone();
            other.getConfs().forEach(conf -> conf.setSeed(77));
            assertThat(Nets.init(other).params()).isNotEqualTo(network.params());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void survivesJsonAndModelSerializer(Case it) throws Exception {
        MultiLayerConfiguration configuration = it.configuration(DataType.FLOAT);
        MultiLayerConfiguration read = MultiLayerConfiguration.fromJson(configuration.toJson());
        assertSame(read, configuration);
        Layer layer = read.getConf(0).getLayer();
        if (layer instanceof BaseLayer base) {
            assertThat(base.getWeightInitFn()).isEqualTo(((BaseLayer) it.layer()).getWeightInitFn());
        }
        MultiLayerNetwork network = Nets.init(configuration);
        assertThat(Nets.init(read).params()).isEqualTo(network.params());
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        ModelSerializer.writeModel(network, file, true);
        MultiLayerNetwork restored =
                ModelSerializer.restoreMultiLayerNetwork(new ByteArrayInputStream(file.toByteArray()), true);
        assertSame(restored.getLayerWiseConfigurations(), network.getLayerWiseConfigurations());
        assertThat(restored.params()).isEqualTo(network.params());
    }

    /**
     * A bug of DL4J 1.0.0-M2.1: a one-class output layer, whatever its initializer, is not equal to what is read back.
     */
    private static void assertSame(MultiLayerConfiguration read, MultiLayerConfiguration written) {
        if (written.getConf(0).getLayer() instanceof OCNNOutputLayer) {
            MultiLayerConfiguration plain = Nets.of(
                    InputType.feedForward(6),
                    new OCNNOutputLayer.Builder().hiddenLayerSize(5).build());
            assertThat(MultiLayerConfiguration.fromJson(plain.toJson())).isNotEqualTo(plain);
            assertThat(read.toJson()).isEqualTo(written.toJson());
        } else {
            assertThat(read).isEqualTo(written);
        }
    }

    /** Input weights and recurrent weights get their own initializer, in the right place of the parameters. */
    @Test
    void recurrentWeightsHaveTheirOwn() {
        Map<String, INDArray> table = Nets.init(new Case(
                                new SimpleRnn.Builder()
                                        .nOut(4)
                                        .weightInit(new Constant(0.5))
                                        .weightInitRecurrent(new Eye(2))
                                        .build(),
                                InputType.recurrent(6, 5))
                        .configuration(DataType.DOUBLE))
                .paramTable();
        assertThat(table.get("0_W").dup().data().asDouble()).containsOnly(0.5);
        assertThat(table.get("0_RW"))
                .isEqualTo(Nd4j.eye(4).castTo(DataType.DOUBLE).mul(2));
        assertThat(table.get("0_b").dup().data().asDouble()).containsOnly(0);
    }

    /** DL4J passes other fans than torch's for these; the weights do not follow them. */
    @Test
    void fansAreNotDl4js() {
        // LSTM: DL4J says fanIn = nOut = 300; the matrix has 100 inputs.
        INDArray lstm = Nets.init(
                        new Case(new LSTM.Builder().nOut(300).weightInit(INPUT).build(), InputType.recurrent(100, 5))
                                .configuration(DataType.DOUBLE))
                .getParam("0_W");
        Statistics.assertMoments("LSTM", lstm.dup().data().asDouble(), 0, 0.1, 3e-4);
        // A stride of 2: DL4J divides fanOut by 4.
        INDArray strided = Nets.init(new Case(
                                new ConvolutionLayer.Builder(3, 3)
                                        .nOut(100)
                                        .stride(2, 2)
                                        .weightInit(new KaimingNormal(FanMode.FAN_OUT, 1))
                                        .build(),
                                InputType.convolutional(9, 9, 50))
                        .configuration(DataType.DOUBLE))
                .getParam("0_W");
        Statistics.assertMoments("strided", strided.dup('c').data().asDouble(), 0, 1 / 30.0, 3 / 810_000.0);
    }
}
