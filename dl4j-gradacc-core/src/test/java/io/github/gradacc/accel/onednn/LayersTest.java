/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel.onednn;

import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling3DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The gradient of a network whose layers have DL4J's helpers, or whose operations use oneDNN inside, against that of
 * the same network in DOUBLE, which neither serves.
 */
class LayersTest {

    private static final int CLASSES = 3;

    /** Rounding in FLOAT; the largest seen in these networks is 2e-6. */
    private static final double ROUNDING = 2e-5;

    private static final InputType IMAGE = InputType.convolutional(13, 11, 3);
    private static final InputType LAST = InputType.convolutional(13, 11, 3, CNN2DFormat.NHWC);

    private static ConvolutionLayer.Builder convolution(int kernel, int stride, ConvolutionMode mode) {
        return new ConvolutionLayer.Builder(kernel, kernel)
                .stride(stride, stride)
                .convolutionMode(mode)
                .nOut(6)
                .activation(Activation.TANH);
    }

    private static ConvolutionLayer same() {
        return convolution(3, 1, ConvolutionMode.Same).build();
    }

    private static SubsamplingLayer.Builder pooling(PoolingType type, ConvolutionMode mode, int padding) {
        return new SubsamplingLayer.Builder(type)
                .kernelSize(3, 3)
                .stride(2, 2)
                .convolutionMode(mode)
                .padding(padding, padding)
                .pnorm(2);
    }

    /** Layers that have helpers. */
    private static Map<String, Network> helped() {
        Map<String, Network> all = new LinkedHashMap<>();
        for (int kernel : new int[] {1, 2, 3, 5}) {
            for (int stride : new int[] {1, 2, 3}) {
                for (var mode : List.of(ConvolutionMode.Truncate, ConvolutionMode.Same)) {
                    all.put(
                            "convolution " + kernel + ", stride " + stride + ", " + mode,
                            new Network(IMAGE, convolution(kernel, stride, mode).build()));
                }
            }
        }
        all.put(
                "strict",
                new Network(IMAGE, convolution(3, 2, ConvolutionMode.Strict).build()));
        for (var mode : List.of(ConvolutionMode.Truncate, ConvolutionMode.Same)) {
            all.put(
                    "dilation 2, " + mode,
                    new Network(IMAGE, convolution(3, 1, mode).dilation(2, 2).build()));
            all.put(
                    "channels last, " + mode,
                    new Network(
                            LAST,
                            convolution(3, 2, mode).dataFormat(CNN2DFormat.NHWC).build()));
        }
        all.put(
                "padding",
                new Network(
                        IMAGE,
                        convolution(3, 2, ConvolutionMode.Truncate)
                                .padding(2, 1)
                                .build()));
        all.put(
                "without bias",
                new Network(
                        IMAGE,
                        convolution(3, 1, ConvolutionMode.Same).hasBias(false).build()));
        all.put(
                "a stack",
                new Network(
                        IMAGE,
                        same(),
                        convolution(5, 2, ConvolutionMode.Same)
                                .activation(Activation.SOFTPLUS)
                                .build(),
                        new BatchNormalization(),
                        pooling(PoolingType.MAX, ConvolutionMode.Truncate, 0).build()));
        for (var type : List.of(PoolingType.MAX, PoolingType.AVG, PoolingType.PNORM)) {
            for (var mode : List.of(ConvolutionMode.Truncate, ConvolutionMode.Same)) {
                all.put(
                        type + ", " + mode,
                        new Network(IMAGE, same(), pooling(type, mode, 0).build()));
            }
            all.put(
                    type + ", padding",
                    new Network(
                            IMAGE,
                            same(),
                            pooling(type, ConvolutionMode.Truncate, 1).build()));
            all.put(
                    type + ", channels last",
                    new Network(
                            LAST,
                            convolution(3, 1, ConvolutionMode.Same)
                                    .dataFormat(CNN2DFormat.NHWC)
                                    .build(),
                            pooling(type, ConvolutionMode.Truncate, 0)
                                    .dataFormat(CNN2DFormat.NHWC)
                                    .build()));
        }
        for (boolean log : new boolean[] {true, false}) {
            all.put(
                    "batch normalization, log " + log,
                    new Network(
                            IMAGE,
                            same(),
                            new BatchNormalization.Builder().useLogStd(log).build()));
        }
        all.put(
                "batch normalization, channels last",
                new Network(
                        LAST,
                        convolution(3, 1, ConvolutionMode.Same)
                                .dataFormat(CNN2DFormat.NHWC)
                                .build(),
                        new BatchNormalization.Builder()
                                .dataFormat(CNN2DFormat.NHWC)
                                .build()));
        all.put(
                "batch normalization without scale",
                new Network(
                        IMAGE,
                        same(),
                        new BatchNormalization.Builder().lockGammaBeta(true).build()));
        all.put(
                "batch normalization of values",
                new Network(InputType.feedForward(7), Nets.dense(9), new BatchNormalization()));
        InputType sequence = InputType.recurrent(5, 12);
        for (var mode : List.of(ConvolutionMode.Truncate, ConvolutionMode.Same)) {
            all.put(
                    "1D, " + mode,
                    new Network(
                            sequence,
                            new Convolution1DLayer.Builder(3)
                                    .nOut(6)
                                    .convolutionMode(mode)
                                    .build(),
                            new Subsampling1DLayer.Builder(SubsamplingLayer.PoolingType.MAX, 2, 2).build(),
                            new GlobalPoolingLayer(PoolingType.AVG)));
        }
        all.put(
                "1D, causal",
                new Network(
                        sequence,
                        new Convolution1DLayer.Builder(3)
                                .nOut(6)
                                .convolutionMode(ConvolutionMode.Causal)
                                .build(),
                        new GlobalPoolingLayer(PoolingType.AVG)));
        all.put("local response normalization", new Network(IMAGE, same(), new LocalResponseNormalization()));
        all.put(
                "frozen",
                new Network(
                        IMAGE,
                        new FrozenLayer(same()),
                        convolution(3, 2, ConvolutionMode.Same).build()));
        return all;
    }

    /** Layers without helpers, whose operations use oneDNN inside where the build has it. */
    private static Map<String, Network> inside() {
        Map<String, Network> all = new LinkedHashMap<>();
        InputType volume = InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 5, 6, 7, 2);
        for (var mode : List.of(ConvolutionMode.Truncate, ConvolutionMode.Same)) {
            all.put(
                    "deconvolution, " + mode,
                    new Network(
                            IMAGE,
                            new Deconvolution2D.Builder(3, 3)
                                    .stride(2, 2)
                                    .convolutionMode(mode)
                                    .nOut(4)
                                    .build()));
            all.put(
                    "depthwise, " + mode,
                    new Network(
                            IMAGE,
                            new DepthwiseConvolution2D.Builder(3, 3)
                                    .depthMultiplier(2)
                                    .convolutionMode(mode)
                                    .build()));
            all.put(
                    "separable, " + mode,
                    new Network(
                            IMAGE,
                            new SeparableConvolution2D.Builder(3, 3)
                                    .depthMultiplier(2)
                                    .nOut(5)
                                    .convolutionMode(mode)
                                    .build()));
        }
        all.put(
                "3D",
                new Network(
                        volume,
                        new Convolution3D.Builder(3, 3, 3)
                                .dataFormat(Convolution3D.DataFormat.NCDHW)
                                .nOut(4)
                                .build(),
                        new Subsampling3DLayer.Builder(2, 2, 2)
                                .dataFormat(Convolution3D.DataFormat.NCDHW)
                                .build()));
        return all;
    }

    static Stream<Arguments> networksWithHelpers() {
        return each(helped());
    }

    static Stream<Arguments> networksWithout() {
        return each(inside());
    }

    private static Stream<Arguments> each(Map<String, Network> networks) {
        return networks.entrySet().stream()
                .flatMap(entry -> Stream.of(2, 5).map(size -> Arguments.of(entry.getKey(), size, entry.getValue())));
    }

    @ParameterizedTest(name = "{0}, {1} examples")
    @MethodSource("networksWithHelpers")
    void layersWithHelpersAgree(String name, int examples, Network network) {
        MultiLayerNetwork accelerated = network.of(DataType.FLOAT);
        boolean isLrn = name.startsWith("local");
        assertThat(Arrays.stream(accelerated.getLayers()).map(Layer::getHelper)).anyMatch(helper -> helper != null);
        assertThat(isLrn && accelerated.getLayer(1).getHelper() != null).isFalse();
        assertAgrees(accelerated, network, examples);
    }

    @ParameterizedTest(name = "{0}, {1} examples")
    @MethodSource("networksWithout")
    void layersWithoutHelpersAgree(String name, int examples, Network network) {
        MultiLayerNetwork accelerated = network.of(DataType.FLOAT);
        assertThat(Arrays.stream(accelerated.getLayers()).map(Layer::getHelper)).containsOnlyNulls();
        assertAgrees(accelerated, network, examples);
    }

    private static void assertAgrees(MultiLayerNetwork accelerated, Network network, int examples) {
        MultiLayerNetwork exact = network.of(DataType.DOUBLE);
        exact.setParams(accelerated.params().castTo(DataType.DOUBLE));
        DataSet data = network.data(examples);
        for (int pass = 0; pass < 2; pass++) {
            INDArray computed = gradient(accelerated, data, DataType.FLOAT);
            INDArray expected = gradient(exact, data, DataType.DOUBLE);
            double scale = expected.amaxNumber().doubleValue();
            assertThat(computed.sub(expected).amaxNumber().doubleValue() / scale)
                    .as("pass %d", pass)
                    .isLessThan(ROUNDING);
            assertThat(accelerated.score()).isCloseTo(exact.score(), org.assertj.core.data.Offset.offset(1e-5));
        }
    }

    private static INDArray gradient(MultiLayerNetwork network, DataSet data, DataType type) {
        network.setInput(data.getFeatures().castTo(type));
        network.setLabels(data.getLabels().castTo(type));
        network.computeGradientAndScore();
        return network.getFlattenedGradients().castTo(DataType.DOUBLE);
    }

    /** An input and layers below a softmax. */
    record Network(InputType input, List<org.deeplearning4j.nn.conf.layers.Layer> layers) {

        Network(InputType input, org.deeplearning4j.nn.conf.layers.Layer... layers) {
            this(input, List.of(layers));
        }

        MultiLayerNetwork of(DataType type) {
            Nd4j.getRandom().setSeed(5);
            var all = Stream.concat(
                            layers.stream().map(org.deeplearning4j.nn.conf.layers.Layer::clone),
                            Stream.of(softmax(CLASSES)))
                    .toArray(org.deeplearning4j.nn.conf.layers.Layer[]::new);
            return Nets.init(Nets.of(type, input, all));
        }

        DataSet data(int examples) {
            long[] shape = LongStream.of(input.getShape()).toArray();
            return new Data(3, DataType.FLOAT).dataSet(examples, CLASSES, shape);
        }
    }
}
