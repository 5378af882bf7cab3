/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.NetworkClass;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.learning.config.Sgd;

/** How often DL4J applies what torch calls weight decay. */
class WeightDecayTest {

    private static final double RATE = 0.1;
    private static final double DECAY = 0.01;

    /** How much of the parameters a step takes away beside the gradient, in units of rate times decay. */
    private static double taken(
            UnaryOperator<NeuralNetConfiguration.Builder> settings, Consumer<OutputLayer.Builder> layer) {
        MultiLayerNetwork network = FunctionLoss.network(
                NetworkClass.LAYERS, TestFunction.QUADRATIC, it -> settings.apply(it.updater(new Sgd(RATE))), layer);
        network.fit(FunctionLoss.batch(1));
        double withoutDecay =
                TestFunction.START[0] - RATE * TestFunction.QUADRATIC.gradient(TestFunction.START)[0];
        return (withoutDecay - FunctionLoss.parameters(network)[0]) / (RATE * DECAY * TestFunction.START[0]);
    }

    @Test
    void isAppliedOnceIfSetOnTheLayer() {
        assertThat(taken(it -> it, layer -> layer.weightDecay(DECAY))).isCloseTo(1, within(1e-9));
        assertThat(taken(it -> it, layer -> layer.l2(DECAY))).isCloseTo(1, within(1e-9));
        assertThat(taken(it -> it.l2(DECAY), layer -> {})).isCloseTo(1, within(1e-9));
    }

    /** A bug of DL4J 1.0.0-M2.1: set for the network, it is in each layer's list of regularizations twice. */
    @Test
    void isAppliedTwiceIfSetForTheNetwork() {
        assertThat(taken(it -> it.weightDecay(DECAY), layer -> {})).isCloseTo(2, within(1e-9));
        assertThat(taken(it -> it.weightDecay(DECAY), layer -> layer.weightDecay(DECAY)))
                .isCloseTo(2, within(1e-9));
    }
}
