/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * A statement of docs/exactness.md: where a gradient is nothing but rounding, a step that divides it by the root of its
 * mean square is rounding magnified.
 */
class MagnifiedRoundingTest {

    private static final int EXAMPLES = 11;
    private static final int VALUES = 20;

    /** At weights 0, where all labels are -1, the gradient is twice the mean of the features: 0 but for rounding. */
    private static double difference(IUpdater updater) {
        INDArray features = new Data(3, DataType.DOUBLE).normal(EXAMPLES, VALUES);
        INDArray centered = features.sub(features.mean(true, 0));
        INDArray labels = centered.getColumns(0).mul(0).sub(1);
        MultiLayerNetwork whole = network(updater);
        whole.fit(centered, labels);
        MultiLayerNetwork inParts = network(updater);
        try (var trainer =
                GradientAccumulationTrainer.builder(inParts).microBatchSize(4).build()) {
            trainer.fit(centered, labels);
        }
        return whole.getParam("0_W").sub(inParts.getParam("0_W")).amaxNumber().doubleValue();
    }

    private static MultiLayerNetwork network(IUpdater updater) {
        return Nets.init(Nets.settings()
                .updater(updater)
                .list()
                .layer(new OutputLayer.Builder(LossFunction.MSE)
                        .nIn(VALUES)
                        .nOut(1)
                        .activation(Activation.IDENTITY)
                        .weightInit(WeightInit.ZERO)
                        .build())
                .build());
    }

    /** Both formulas at a gradient far below epsilon, in the first step. DL4J starts the mean of RmsProp at epsilon. */
    @Test
    void aGradientOfRoundingIsMagnified() {
        double ofGradients = difference(new Sgd(1));
        assertThat(ofGradients).isStrictlyBetween(0.0, 1e-15);
        for (double epsilon : new double[] {1e-8, 1e-5}) {
            assertThat(difference(new RmsProp(1, 0.95, epsilon)) / ofGradients)
                    .isCloseTo(1 / (Math.sqrt(0.95 * epsilon) + epsilon), withinPercentage(0.1));
            assertThat(difference(new Adam(1, 0.9, 0.999, epsilon)) / ofGradients)
                    .isCloseTo(Math.sqrt(1 - 0.999) / epsilon, withinPercentage(0.1));
        }
    }
}
