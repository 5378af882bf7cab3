/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class TrainingRunTest {

    /** Six of ten are right; the mean over the classes would be (5/6 + 1/3 + 0) / 3 = 0.39. */
    @Test
    void accuracyIsTheShareOfExamples() {
        int[] classes = {0, 0, 0, 0, 0, 0, 1, 1, 1, 2};
        int[] predictions = {0, 0, 0, 0, 0, 1, 1, 2, 0, 1};

        TrainingRun run = TrainingRun.of("", echo(), List.of(1.0), new DataSet(oneHot(predictions), oneHot(classes)));

        assertThat(run.testAccuracy()).isCloseTo(0.6, within(1e-12));
    }

    @Test
    void parametersAndStepsAreThoseOfTheNetworkAndStay() {
        MultiLayerNetwork network = echo();
        network.setIterationCount(7);
        INDArray before = network.params().dup();

        TrainingRun run = TrainingRun.of("echo", network, List.of(1.0), new DataSet(oneHot(0, 1, 2), oneHot(0, 1, 2)));
        network.params().assign(0);

        assertThat(run.name()).isEqualTo("echo");
        assertThat(run.steps()).isEqualTo(7);
        assertThat(run.parameters()).isEqualTo(before);
    }

    @Test
    void theFinalLossIsTheLast() {
        assertThat(run(List.of(0.9, 0.1, 0.3), 0.0).finalLoss()).isEqualTo(0.3);
    }

    /** Not their mean, and not the largest without its sign. */
    @Test
    void theLargestDifferenceIsThatOfOneParameter() {
        TrainingRun one = run(List.of(1.0), 1, 2, 3, 4);
        TrainingRun other = run(List.of(1.0), 1, 2.5, -4, 5);

        assertThat(one.largestDifference(other)).isEqualTo(7);
        assertThat(other.largestDifference(one)).isEqualTo(7);
    }

    private static TrainingRun run(List<Double> losses, double... parameters) {
        return new TrainingRun("", 1, losses, 1, Nd4j.createFromArray(new double[][] {parameters}));
    }

    /** Finds the class where its input is one. */
    private static MultiLayerNetwork echo() {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .dataType(DataType.DOUBLE)
                .list()
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(Iris.CLASSES)
                        .nOut(Iris.CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
        network.init();
        network.getParam("0_W").assign(Nd4j.eye(Iris.CLASSES));
        network.getParam("0_b").assign(0);
        return network;
    }

    private static INDArray oneHot(int... classes) {
        INDArray rows = Nd4j.zeros(DataType.DOUBLE, classes.length, Iris.CLASSES);
        for (int i = 0; i < classes.length; i++) {
            rows.putScalar(i, classes[i], 1);
        }
        return rows;
    }
}
