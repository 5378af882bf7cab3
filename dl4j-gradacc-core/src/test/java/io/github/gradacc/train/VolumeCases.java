/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.softmax;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocallyConnected1D;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling3DLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling1D;
import org.deeplearning4j.nn.conf.layers.Upsampling3D;
import org.deeplearning4j.nn.conf.layers.ZeroPadding1DLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPadding3DLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping1D;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping3D;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;

/** Cases of convolution-like layers in one and in three dimensions, each on top of a convolution. */
final class VolumeCases {

    private static final InputType VOLUME = InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 4, 4, 4, 2);

    private VolumeCases() {}

    static Stream<ExactnessCase> cases() {
        return Stream.of(
                line("convolution 1D", () -> conv1d(2)),
                line("max pooling 1D", () -> new Subsampling1DLayer.Builder(PoolingType.MAX, 2).build()),
                line("average pooling 1D", () -> new Subsampling1DLayer.Builder(PoolingType.AVG, 2).build()),
                line("upsampling 1D", () -> new Upsampling1D.Builder(2).build()),
                line("zero padding 1D", () -> new ZeroPadding1DLayer.Builder(1, 2).build()),
                line("cropping 1D", () -> new Cropping1D.Builder(1, 2).build()),
                line(
                        "locally connected 1D",
                        () -> new LocallyConnected1D.Builder()
                                .kernelSize(2)
                                .nOut(2)
                                .build()),
                volume("convolution 3D", () -> conv3d(2)),
                volume("max pooling 3D", () -> pooling3d(PoolingType.MAX)),
                volume("average pooling 3D", () -> pooling3d(PoolingType.AVG)),
                volume(
                        "deconvolution 3D",
                        () -> new Deconvolution3D.Builder()
                                .kernelSize(2, 2, 2)
                                .stride(2, 2, 2)
                                .nOut(2)
                                .build()),
                pooled("upsampling 3D", () -> new Upsampling3D.Builder(2).build()),
                pooled("zero padding 3D", () -> new ZeroPadding3DLayer.Builder(1, 0, 1).build()),
                pooled("cropping 3D", () -> new Cropping3D.Builder(1, 0, 0, 1, 0, 0).build()),
                volume("global pooling 3D", () -> new GlobalPoolingLayer(PoolingType.AVG)));
    }

    private static ExactnessCase line(String name, Supplier<Layer> layer) {
        return ExactnessCase.of(
                name,
                () -> Nets.of(
                        InputType.recurrent(3, 8),
                        conv1d(3),
                        layer.get(),
                        new GlobalPoolingLayer(PoolingType.AVG),
                        softmax(3)),
                () -> Batches.classification(DataType.DOUBLE, 3, data -> n -> data.normal(n, 3, 8)));
    }

    private static ExactnessCase volume(String name, Supplier<Layer> layer) {
        return ExactnessCase.of(name, () -> Nets.of(VOLUME, conv3d(2), layer.get(), softmax(3)), VolumeCases::volumes);
    }

    /** Its output is pooled: DL4J takes it for channels last where a dense layer follows. */
    private static ExactnessCase pooled(String name, Supplier<Layer> layer) {
        return ExactnessCase.of(
                name,
                () -> Nets.of(VOLUME, conv3d(2), layer.get(), new GlobalPoolingLayer(PoolingType.AVG), softmax(3)),
                VolumeCases::volumes);
    }

    private static List<DataSet> volumes() {
        return Batches.classification(DataType.DOUBLE, 3, data -> n -> data.normal(n, 2, 4, 4, 4));
    }

    private static Layer conv1d(int channels) {
        return new Convolution1DLayer.Builder(3).nOut(channels).build();
    }

    private static Layer conv3d(int channels) {
        return new Convolution3D.Builder(2, 2, 2).nOut(channels).build();
    }

    private static Layer pooling3d(PoolingType type) {
        return new Subsampling3DLayer.Builder(type)
                .kernelSize(2, 2, 2)
                .stride(1, 1, 1)
                .build();
    }
}
