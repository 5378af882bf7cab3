/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The network: an LSTM that reads one character at a time, and an output layer with the probabilities of the next. */
final class CharacterNetwork {

    private CharacterNetwork() {}

    /**
     * Makes a network with random weights, the same ones in every call.
     *
     * @param alphabet the number of different characters
     * @param units the width of the LSTM
     * @param segment the number of characters after which truncated BPTT takes a step
     */
    static MultiLayerNetwork create(int alphabet, int units, int segment) {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(12345)
                .dataType(DataType.FLOAT)
                .updater(new Adam(0.01))
                // Sums over time grow large at times; one such step would undo many others.
                .gradientNormalization(GradientNormalization.ClipL2PerLayer)
                .gradientNormalizationThreshold(5)
                .list()
                .layer(new LSTM.Builder()
                        .nOut(units)
                        .activation(Activation.TANH)
                        .build())
                .layer(new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(alphabet)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.recurrent(alphabet))
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(segment)
                .build());
        network.init();
        return network;
    }
}
