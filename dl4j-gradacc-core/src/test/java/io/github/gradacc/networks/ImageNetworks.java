/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.networks;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.settings;
import static io.github.gradacc.testing.Nets.softmax;

import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CapsuleLayer;
import org.deeplearning4j.nn.conf.layers.CapsuleStrengthLayer;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.LocallyConnected2D;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.PrimaryCapsules;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.Subsampling3DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** Networks of images and volumes, layers in a row. */
final class ImageNetworks {

    private ImageNetworks() {}

    static Stream<ExactnessCase> cases() {
        return Stream.of(faces(), scheduled(), deconvolution(), light(), local(), capsules(), volumes());
    }

    /** Two numbers for an image, near the center of its class. */
    private static ExactnessCase faces() {
        return Networks.layers(
                "faces: convolutions, an embedding of two numbers, center loss",
                () -> Nets.of(
                        settings().l2(5e-4).updater(new Nesterovs(0.01, 0.9)),
                        InputType.convolutional(8, 8, 1),
                        conv(3, 4),
                        pool(),
                        conv(2, 6),
                        dense(2),
                        new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .alpha(0.2)
                                .lambda(0.1)
                                .build()),
                (data, n) -> data.unit(n, 1, 8, 8),
                (data, n) -> data.oneHot(n, 3));
    }

    /** From rows of pixels, with response normalization and a learning rate by the step. */
    private static ExactnessCase scheduled() {
        return Networks.layers(
                "rows of pixels: convolutions, response normalization, scheduled steps",
                () -> Nets.of(
                        settings()
                                .activation(Activation.RELU)
                                .weightInit(WeightInit.RELU)
                                .l2(5e-4)
                                .updater(new Sgd(
                                        new MapSchedule(ScheduleType.ITERATION, Map.of(0, 0.1, 1, 0.06, 2, 0.03)))),
                        InputType.convolutionalFlat(10, 10, 1),
                        new ZeroPaddingLayer.Builder(1, 1).build(),
                        conv(5, 4),
                        new LocalResponseNormalization.Builder().build(),
                        pool(),
                        conv(3, 5),
                        dense(10),
                        softmax(4)),
                (data, n) -> data.unit(n, 100),
                (data, n) -> data.oneHot(n, 4));
    }

    /** Down to a few numbers for an image, and up again. */
    private static ExactnessCase deconvolution() {
        return Networks.layers(
                "image autoencoder: pooling and deconvolution, upsampling and cropping",
                () -> Nets.of(
                        settings(),
                        InputType.convolutional(8, 8, 1),
                        conv(3, 4),
                        pool(),
                        new Deconvolution2D.Builder(2, 2).stride(2, 2).nOut(3).build(),
                        new Upsampling2D.Builder(2).build(),
                        new Cropping2D.Builder(2, 2).build(),
                        new ConvolutionLayer.Builder(1, 1).nOut(1).build(),
                        new CnnLossLayer.Builder(LossFunction.XENT)
                                .activation(Activation.SIGMOID)
                                .build()),
                (data, n) -> data.unit(n, 1, 8, 8),
                (data, n) -> data.unit(n, 1, 8, 8));
    }

    /** What a telephone can run. */
    private static ExactnessCase light() {
        return Networks.layers(
                "light: depthwise and separable convolutions, mean of each channel",
                () -> Nets.of(
                        settings().activation(Activation.LEAKYRELU).updater(new Nadam(0.01)),
                        InputType.convolutional(8, 8, 2),
                        new DepthwiseConvolution2D.Builder(3, 3)
                                .depthMultiplier(2)
                                .build(),
                        new SeparableConvolution2D.Builder(3, 3).nOut(6).build(),
                        new ConvolutionLayer.Builder(1, 1).nOut(5).build(),
                        new GlobalPoolingLayer(PoolingType.AVG),
                        softmax(3)),
                (data, n) -> data.normal(n, 2, 8, 8),
                (data, n) -> data.oneHot(n, 3));
    }

    /** Other weights at each place. */
    private static ExactnessCase local() {
        return Networks.layers(
                "places: locally connected, learned slopes",
                () -> Nets.of(
                        settings(),
                        InputType.convolutional(6, 6, 1),
                        new LocallyConnected2D.Builder()
                                .kernelSize(3, 3)
                                .nOut(3)
                                .build(),
                        new DenseLayer.Builder()
                                .nOut(6)
                                .activation(Activation.IDENTITY)
                                .build(),
                        new PReLULayer.Builder().inputShape(6).build(),
                        softmax(3)),
                (data, n) -> data.normal(n, 1, 6, 6),
                (data, n) -> data.oneHot(n, 3));
    }

    private static ExactnessCase capsules() {
        return Networks.layers(
                "capsules: routing by agreement",
                () -> Nets.of(
                        settings(),
                        InputType.convolutional(8, 8, 1),
                        conv(3, 4),
                        new PrimaryCapsules.Builder(3, 2)
                                .kernelSize(3, 3)
                                .stride(2, 2)
                                .build(),
                        new CapsuleLayer.Builder(4, 3, 2).build(),
                        new CapsuleStrengthLayer.Builder().build(),
                        softmax(4)),
                (data, n) -> data.unit(n, 1, 8, 8),
                (data, n) -> data.oneHot(n, 4));
    }

    private static ExactnessCase volumes() {
        return Networks.layers(
                "volumes: convolutions in three dimensions",
                () -> Nets.of(
                        settings(),
                        InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 6, 6, 6, 1),
                        new Convolution3D.Builder(3, 3, 3)
                                .convolutionMode(ConvolutionMode.Same)
                                .nOut(3)
                                .build(),
                        new Subsampling3DLayer.Builder(Subsampling3DLayer.PoolingType.MAX)
                                .kernelSize(2, 2, 2)
                                .stride(2, 2, 2)
                                .build(),
                        new Convolution3D.Builder(2, 2, 2).nOut(4).build(),
                        new GlobalPoolingLayer(PoolingType.MAX),
                        dense(6),
                        softmax(3)),
                (data, n) -> data.normal(n, 1, 6, 6, 6),
                (data, n) -> data.oneHot(n, 3));
    }

    private static ConvolutionLayer conv(int kernel, int channels) {
        return new ConvolutionLayer.Builder(kernel, kernel).nOut(channels).build();
    }

    private static SubsamplingLayer pool() {
        return new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                .kernelSize(2, 2)
                .stride(2, 2)
                .build();
    }
}
