/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.softmax;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CapsuleLayer;
import org.deeplearning4j.nn.conf.layers.CapsuleStrengthLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.LocallyConnected2D;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.PrimaryCapsules;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SpaceToDepthLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Cases of layers on images, each on top of a convolution that gives it 3 channels of 4x4. SpaceToBatchLayer is not
 * here: it turns one example into several, which no label of DL4J's output layers fits.
 */
final class ConvolutionCases {

    private ConvolutionCases() {}

    static Stream<ExactnessCase> cases() {
        return Stream.of(
                layer(
                        "convolution",
                        () -> new ConvolutionLayer.Builder(2, 2).nOut(2).build()),
                layer(
                        "convolution, strided and padded",
                        () -> new ConvolutionLayer.Builder(3, 3)
                                .nOut(2)
                                .stride(2, 2)
                                .convolutionMode(ConvolutionMode.Same)
                                .build()),
                layer(
                        "convolution, dilated",
                        () -> new ConvolutionLayer.Builder(2, 2)
                                .nOut(2)
                                .dilation(2, 2)
                                .build()),
                layer("max pooling", () -> pooling(PoolingType.MAX)),
                layer("average pooling", () -> pooling(PoolingType.AVG)),
                layer("norm pooling", () -> pooling(PoolingType.PNORM)),
                layer("global max pooling", () -> new GlobalPoolingLayer(PoolingType.MAX)),
                layer("global average pooling", () -> new GlobalPoolingLayer(PoolingType.AVG)),
                layer("global sum pooling", () -> new GlobalPoolingLayer(PoolingType.SUM)),
                layer(
                        "global norm pooling",
                        () -> new GlobalPoolingLayer.Builder(PoolingType.PNORM)
                                .pnorm(3)
                                .build()),
                layer(
                        "separable convolution",
                        () -> new SeparableConvolution2D.Builder(2, 2)
                                .nOut(2)
                                .depthMultiplier(2)
                                .build()),
                layer(
                        "depthwise convolution",
                        () -> new DepthwiseConvolution2D.Builder(2, 2)
                                .depthMultiplier(2)
                                .build()),
                layer(
                        "deconvolution",
                        () -> new Deconvolution2D.Builder(2, 2)
                                .stride(2, 2)
                                .nOut(2)
                                .build()),
                layer(
                        "locally connected",
                        () -> new LocallyConnected2D.Builder()
                                .kernelSize(2, 2)
                                .nOut(2)
                                .build()),
                layer("upsampling", () -> new Upsampling2D.Builder(2).build()),
                layer("zero padding", () -> new ZeroPaddingLayer.Builder(1, 2).build()),
                layer("cropping", () -> new Cropping2D.Builder(1, 1).build()),
                layer("local response normalization", () -> new LocalResponseNormalization.Builder().build()),
                layer("space to depth", () -> new SpaceToDepthLayer.Builder<>(2, CNN2DFormat.NCHW).build()),
                channelsLast(),
                capsules());
    }

    private static ExactnessCase layer(String name, Supplier<Layer> layer) {
        return ExactnessCase.of(
                name,
                () -> Nets.of(InputType.convolutional(6, 6, 2), conv(3), layer.get(), softmax(3)),
                () -> Batches.classification(DataType.DOUBLE, 3, data -> n -> data.normal(n, 2, 6, 6)));
    }

    private static ExactnessCase channelsLast() {
        return ExactnessCase.of(
                "channels last",
                () -> Nets.of(
                        InputType.convolutional(6, 6, 2, CNN2DFormat.NHWC),
                        new ConvolutionLayer.Builder(3, 3).nOut(3).build(),
                        pooling(PoolingType.MAX),
                        softmax(3)),
                () -> Batches.classification(DataType.DOUBLE, 3, data -> n -> data.normal(n, 6, 6, 2)));
    }

    private static ExactnessCase capsules() {
        return ExactnessCase.of(
                "capsules",
                () -> Nets.of(
                        InputType.convolutional(6, 6, 2),
                        new PrimaryCapsules.Builder(3, 2)
                                .kernelSize(3, 3)
                                .stride(2, 2)
                                .build(),
                        new CapsuleLayer.Builder(3, 4, 2).build(),
                        new CapsuleStrengthLayer.Builder().build(),
                        softmax(3)),
                () -> Batches.classification(DataType.DOUBLE, 3, data -> n -> data.normal(n, 2, 6, 6)));
    }

    private static Layer conv(int channels) {
        return new ConvolutionLayer.Builder(3, 3).nOut(channels).build();
    }

    private static Layer pooling(PoolingType type) {
        return new SubsamplingLayer.Builder(type)
                .kernelSize(2, 2)
                .stride(2, 2)
                .pnorm(2)
                .build();
    }
}
