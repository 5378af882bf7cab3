/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.junit.jupiter.api.Test;

/**
 * Models are stored with the names of these classes: configuration-0.1.0.json, written by that version, must stay
 * readable.
 */
final class StoredConfigurationTest {

    private static final List<IWeightInit> WEIGHTS = List.of(
            new Uniform(-0.1, 0.2),
            new Normal(0.5, 0.25),
            new TruncatedNormal(0, 1, -2, Double.POSITIVE_INFINITY),
            new Constant(0.75),
            new XavierUniform(1.5),
            new XavierNormal(2),
            new KaimingUniform(FanMode.FAN_IN, 1.25),
            new KaimingNormal(FanMode.FAN_OUT, 0.5),
            new Orthogonal(2, 3),
            new Eye(3),
            new Sparse(0.3, 0.01),
            Layout.EMBEDDING.of(new XavierNormal(1)));
    private static final List<IWeightInit> KERNELS = List.of(
            new Dirac(2),
            new DeltaOrthogonal(1.5),
            Layout.DEPTHWISE.of(new Normal(0, 1)),
            Layout.SEPARABLE.of(new Normal(0, 1)),
            Layout.DECONVOLUTION_3D.of(new Normal(0, 1)),
            Layout.KERNEL_FIRST.of(new Normal(0, 1)),
            Layout.LOCALLY_CONNECTED.of(new Normal(0, 1)),
            Layout.ATTENTION.of(new Normal(0, 1)));
    private static final IWeightInit RECURRENT = Layout.GRAVES_LSTM.of(new Orthogonal(1, 4));

    private static MultiLayerConfiguration configuration() {
        NeuralNetConfiguration.ListBuilder list =
                new NeuralNetConfiguration.Builder().seed(12345).list();
        for (IWeightInit kernel : KERNELS) {
            list.layer(new ConvolutionLayer.Builder(3, 3)
                    .nOut(4)
                    .padding(1, 1)
                    .weightInit(kernel)
                    .build());
        }
        for (IWeightInit weight : WEIGHTS) {
            list.layer(new DenseLayer.Builder().nOut(6).weightInit(weight).build());
        }
        list.layer(new LSTM.Builder().nOut(5).weightInitRecurrent(RECURRENT).build());
        list.layer(new OutputLayer.Builder().nOut(3).build());
        return list.setInputType(InputType.convolutional(4, 4, 2)).build();
    }

    @Test
    void isReadable() throws IOException {
        MultiLayerConfiguration read;
        try (InputStream in = StoredConfigurationTest.class.getResourceAsStream("configuration-0.1.0.json")) {
            read = MultiLayerConfiguration.fromJson(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
        for (int i = 0; i < KERNELS.size(); i++) {
            assertThat(initializer(read, i)).isEqualTo(KERNELS.get(i));
        }
        for (int i = 0; i < WEIGHTS.size(); i++) {
            assertThat(initializer(read, KERNELS.size() + i)).isEqualTo(WEIGHTS.get(i));
        }
        int recurrent = KERNELS.size() + WEIGHTS.size();
        assertThat(((BaseRecurrentLayer) read.getConf(recurrent).getLayer()).getWeightInitFnRecurrent())
                .isEqualTo(RECURRENT);
        assertThat(read).isEqualTo(configuration());
    }

    private static IWeightInit initializer(MultiLayerConfiguration configuration, int layer) {
        return ((BaseLayer) configuration.getConf(layer).getLayer()).getWeightInitFn();
    }
}
