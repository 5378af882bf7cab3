/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Small networks. Unless told otherwise they are DOUBLE, trained by Adam, with tanh inside. */
public final class Nets {

    private Nets() {}

    /** The settings that all networks start from. */
    public static NeuralNetConfiguration.Builder settings() {
        return new NeuralNetConfiguration.Builder()
                .seed(12345)
                .dataType(DataType.DOUBLE)
                .updater(new Adam(0.01))
                .activation(Activation.TANH);
    }

    /** These layers on that input, with the default settings. */
    public static MultiLayerConfiguration of(InputType input, Layer... layers) {
        return of(settings(), input, layers);
    }

    /** These layers on that input. */
    public static MultiLayerConfiguration of(
            NeuralNetConfiguration.Builder settings, InputType input, Layer... layers) {
        var list = settings.list();
        for (Layer layer : layers) {
            list.layer(layer);
        }
        return list.setInputType(input).build();
    }

    /** With the default settings of tests, in another type. */
    public static MultiLayerConfiguration of(DataType type, InputType input, Layer... layers) {
        return of(settings().dataType(type), input, layers);
    }

    /** Dense 4-6-3 with softmax, settings changed as given. */
    public static MultiLayerConfiguration mlp(UnaryOperator<NeuralNetConfiguration.Builder> change) {
        return of(change.apply(settings()), InputType.feedForward(4), dense(6), softmax(3));
    }

    /** Dense 4-6-3 with softmax. */
    public static MultiLayerConfiguration mlp() {
        return mlp(settings -> settings);
    }

    public static Layer dense(int units) {
        return new DenseLayer.Builder().nOut(units).build();
    }

    public static Layer softmax(int classes) {
        return new OutputLayer.Builder(LossFunction.MCXENT)
                .nOut(classes)
                .activation(Activation.SOFTMAX)
                .build();
    }

    public static Layer lstm(int units) {
        return new LSTM.Builder().nOut(units).build();
    }

    /** A class at each step of a sequence. */
    public static Layer rnnSoftmax(int classes) {
        return new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .nOut(classes)
                .activation(Activation.SOFTMAX)
                .build();
    }

    public static MultiLayerNetwork init(MultiLayerConfiguration configuration) {
        MultiLayerNetwork network = new MultiLayerNetwork(configuration);
        network.init();
        return network;
    }
}
