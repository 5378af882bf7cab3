/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.init.FanMode;
import io.github.gradacc.init.Gain;
import io.github.gradacc.init.KaimingNormal;
import io.github.gradacc.init.LsuvReport;
import io.github.gradacc.init.NetworkInitializer;
import io.github.gradacc.init.XavierUniform;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The snippets of docs/initializers.md, and the initializer of the README, run. */
class InitializersTest {

    private final INDArray features = new Data(1, DataType.DOUBLE).normal(100, 4, 5);
    private final MultiLayerNetwork network =
            Nets.init(Nets.of(InputType.recurrent(4, 5), Nets.lstm(6), Nets.rnnSoftmax(3)));
    private final List<String> logged = new ArrayList<>();

    private void log(String line) {
        logged.add(line);
    }

    @Test
    void oneLayer() {
        BaseLayer layer =
                // snippet
                new DenseLayer.Builder()
                        .nOut(8)
                        .weightInit(new KaimingNormal(FanMode.FAN_IN, Gain.calculate("relu")))
                        // end
                        .build();
        assertThat(layer.getWeightInitFn()).isEqualTo(new KaimingNormal(FanMode.FAN_IN, Math.sqrt(2)));
    }

    @Test
    void wholeConfiguration() {
        // snippet
        var configuration = new NeuralNetConfiguration.Builder()
                .seed(12345)
                .weightInit(new KaimingNormal(FanMode.FAN_IN, Gain.calculate("relu")))
                .activation(Activation.RELU)
                .list()
                .layer(new DenseLayer.Builder().nIn(4).nOut(16).build())
                .layer(new OutputLayer.Builder()
                        .nIn(16)
                        .nOut(3)
                        .weightInit(new XavierUniform(1)) // a layer's own comes first
                        .activation(Activation.SOFTMAX)
                        .build())
                .build();
        // end
        MultiLayerNetwork built = new MultiLayerNetwork(configuration);
        built.init();
        assertThat(built.getParam("1_W").amaxNumber().doubleValue()).isBetween(0.5, Math.sqrt(6 / 19.0));
        assertThat(((BaseLayer) built.getLayer(0).conf().getLayer()).getWeightInitFn())
                .isEqualTo(new KaimingNormal(FanMode.FAN_IN, Math.sqrt(2)));
    }

    @Test
    void applied() {
        assertThat(network.getParam("0_b").maxNumber().doubleValue())
                .as("forget gates")
                .isEqualTo(1);
        INDArray before = network.params().dup();
        // snippet
        NetworkInitializer.apply(network, new KaimingNormal(FanMode.FAN_IN, Gain.calculate("relu")));
        // end
        assertThat(network.params()).isNotEqualTo(before);
        assertThat(network.getParam("0_b").amaxNumber().doubleValue()).isZero();
    }

    @Test
    void scaled() {
        // snippet
        LsuvReport report = NetworkInitializer.lsuv(network, features);
        log(report.toString()); // 0: variance 1.0 after 1 iteration, ...
        report.notScaled().forEach(layer -> log(layer.layer() + ": " + layer.obstacle()));
        // end
        assertThat(logged).hasSize(2);
        assertThat(logged.get(0)).contains("1: variance");
        assertThat(logged.get(1)).startsWith("0: it is recurrent");
        assertThat(network.getParam("0_b").maxNumber().doubleValue())
                .as("biases stay")
                .isEqualTo(1);
    }
}
