/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** That values land where the layer uses them is shown by what the layer computes. */
final class LayoutTest {

    private static final InputType IMAGES = InputType.convolutional(5, 6, 3);

    /**
     * With one group per input channel, Dirac makes a depthwise convolution copy each channel to each of its outputs.
     */
    @Test
    void diracIsTheIdentityOfADepthwiseConvolution() {
        INDArray images = new Data(1, DataType.DOUBLE).normal(2, 3, 5, 6);
        INDArray out = network(new DepthwiseConvolution2D.Builder()
                        .depthMultiplier(2)
                        .nIn(3)
                        .nOut(6)
                        .kernelSize(3, 3)
                        .padding(1, 1)
                        .weightInit(Layout.DEPTHWISE.of(new Dirac(6)))
                        .build())
                .output(images);
        for (int channel = 0; channel < 6; channel++) {
            assertThat(channel(out, channel)).isEqualTo(channel(images, channel / 2));
        }
    }

    @Test
    void diracIsTheIdentityOfASeparableConvolution() {
        INDArray images = new Data(1, DataType.DOUBLE).normal(2, 3, 5, 6);
        INDArray out = network(new SeparableConvolution2D.Builder()
                        .depthMultiplier(1)
                        .nOut(3)
                        .kernelSize(3, 3)
                        .padding(1, 1)
                        // Three groups for the depthwise part; for the pointwise part they put input 0 on every output.
                        .weightInit(Layout.SEPARABLE.of(new Dirac(3)))
                        .build())
                .output(images);
        for (int channel = 0; channel < 3; channel++) {
            assertThat(channel(out, channel)).isEqualTo(channel(images, 0));
        }
    }

    @Test
    void diracIsTheIdentityOfAConvolution() {
        INDArray images = new Data(1, DataType.DOUBLE).normal(2, 3, 5, 6);
        INDArray out = network(new ConvolutionLayer.Builder(3, 3)
                        .nOut(3)
                        .padding(1, 1)
                        .weightInit(new Dirac(1))
                        .build())
                .output(images);
        assertThat(out).isEqualTo(images);
    }

    /** Values land where torch's permutation of dimensions puts them, element by element. */
    @Test
    void permutations() {
        long[] depthwise = {2, 3, 4, 5};
        INDArray w = Filled.with(1, Layout.DEPTHWISE.of(new Counting()), depthwise);
        // Standard [4 * 5, 1, 2, 3] in 'c' order, at [in * 5 + m, 0, kh, kw].
        assertThat(w.getDouble(1, 2, 3, 4)).isEqualTo((3 * 5 + 4) * 6 + 1 * 3 + 2);
        w = Filled.with(1, Layout.SEPARABLE.of(new Counting()), 5, 4, 2, 3);
        assertThat(w.getDouble(4, 2, 1, 0)).isEqualTo((2 * 5 + 4) * 6 + 1 * 3);
        w = Filled.with(1, Layout.DECONVOLUTION_3D.of(new Counting()), 2, 3, 4, 5, 6);
        assertThat(w.getDouble(1, 2, 3, 4, 5)).isEqualTo((5 * 5 + 4) * 24 + 1 * 12 + 2 * 4 + 3);
        w = Filled.with(1, Layout.KERNEL_FIRST.of(new Counting()), 2, 3, 4, 5);
        assertThat(w.getDouble(1, 2, 3, 4)).isEqualTo((4 * 4 + 3) * 6 + 1 * 3 + 2);
        w = Filled.with(1, Layout.EMBEDDING.of(new Counting()), 7, 3);
        assertThat(w.getDouble(5, 2)).isEqualTo(2 * 7 + 5);
        w = Filled.with(1, Layout.ATTENTION.of(new Counting()), 2, 3, 5);
        // Standard [5, 2 * 3] at [in, head * 3 + unit].
        assertThat(w.getDouble(1, 0, 2)).isEqualTo(2 * 6 + 1 * 3);
        w = Filled.with(1, Layout.LOCALLY_CONNECTED.of(new Counting()), 3, 4, 5);
        assertThat(w.getDouble(2, 3, 4)).isEqualTo(3 * 5 + 4);
    }

    private static MultiLayerNetwork network(Layer layer) {
        return Nets.init(Nets.of(
                Nets.settings().activation(Activation.IDENTITY),
                IMAGES,
                layer,
                new CnnLossLayer.Builder().activation(Activation.IDENTITY).build()));
    }

    private static INDArray channel(INDArray images, int index) {
        return images.get(NDArrayIndex.all(), NDArrayIndex.point(index), NDArrayIndex.all(), NDArrayIndex.all())
                .dup();
    }

    /** A kernel whose three sizes differ shows which axis is which; ND4J would assign a wrong shape in silence. */
    @Test
    void theAxesOfATransposedConvolutionIn3DKeepTheirOrder() {
        INDArray weights = Filled.with(1, Layout.DECONVOLUTION_3D.of(new Numbered()), 3, 1, 5, 2, 2);
        for (int d = 0; d < 3; d++) {
            for (int w = 0; w < 5; w++) {
                for (int out = 0; out < 2; out++) {
                    for (int in = 0; in < 2; in++) {
                        // The place in torch's [nIn, nOut, kD, kH, kW].
                        int number = ((in * 2 + out) * 3 + d) * 5 + w;
                        assertThat(weights.getDouble(d, 0, w, out, in)).isEqualTo(number);
                    }
                }
            }
        }
    }

    /** Numbers the elements of a tensor from 0, in 'c' order. */
    private static final class Numbered implements IWeightInit {
        private static final long serialVersionUID = 1L;

        @Override
        public INDArray init(double fanIn, double fanOut, long[] shape, char order, INDArray view) {
            return view.assign(Nd4j.arange((double) view.length())).reshape('c', false, shape);
        }
    }
}
