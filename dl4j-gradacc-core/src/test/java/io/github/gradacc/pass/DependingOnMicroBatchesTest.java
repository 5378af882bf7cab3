/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.grad.StatisticsPolicy;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.WatchedLoss;
import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;

class DependingOnMicroBatchesTest {

    private static List<String> of(Layer... layers) {
        try (var network =
                TrainedNetwork.of(Nets.init(Nets.of(InputType.feedForward(4), layers)), StatisticsPolicy.POOLED, 1)) {
            return network.dependingOnMicroBatches();
        }
    }

    @Test
    void sumsOverExamplesDoNot() {
        assertThat(of(dense(6), softmax(3))).isEmpty();
    }

    @Test
    void batchNormalizationDoesUnlessFrozen() {
        assertThat(of(dense(6), new BatchNormalization(), softmax(3))).containsExactly("'1', a BatchNormalization");
        assertThat(of(dense(6), new FrozenLayer(new BatchNormalization()), softmax(3)))
                .isEmpty();
    }

    @Test
    void dropoutDoes() {
        assertThat(of(new DenseLayer.Builder().nOut(6).dropOut(0.5).build(), softmax(3)))
                .containsExactly("'0', a DenseLayer");
    }

    @Test
    void lossesOfWholeBatchesDoAndUnknownOnesMay() {
        assertThat(of(new OutputLayer.Builder(new LossFMeasure()).nOut(2).build()))
                .containsExactly("'0', a OutputLayer");
        assertThat(of(new OutputLayer.Builder(new WatchedLoss()).nOut(2).build()))
                .containsExactly("'0', a OutputLayer");
    }
}
