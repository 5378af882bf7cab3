/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.loss.LossCrossEntropy;
import io.github.gradacc.loss.LossCtc;
import io.github.gradacc.loss.LossGaussianNll;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.LossNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The snippets of docs/losses.md, run. The lines of its table are run by a test of the losses. */
class LossesTest {

    private final Data data = new Data(1, DataType.FLOAT);
    private final INDArray features = data.normal(4, 4);

    @Test
    void crossEntropy() {
        // snippet
        var configuration = new NeuralNetConfiguration.Builder()
                .list()
                .layer(new DenseLayer.Builder().nOut(16).build())
                .layer(new OutputLayer.Builder(
                                new LossCrossEntropy().withWeight(1, 2, 2).withLabelSmoothing(0.1))
                        .nOut(3)
                        .activation(Activation.IDENTITY) // logits: the loss applies softmax itself
                        .build())
                .setInputType(InputType.feedForward(4))
                .build();
        var network = new MultiLayerNetwork(configuration);
        network.init();
        INDArray classes = Nd4j.createFromArray(2f, 0f, -100f, 1f).reshape(4, 1); // -100 is ignored
        network.fit(features, classes);
        // end
        double before = network.score(new DataSet(features, classes));
        for (int i = 0; i < 20; i++) {
            network.fit(features, classes);
        }
        assertThat(network.score(new DataSet(features, classes))).isLessThan(before);
        INDArray probabilities = Transforms.softmax(network.output(features));
        for (float sum : probabilities.sum(1).toFloatVector()) {
            assertThat(sum).isCloseTo(1, within(1e-5f));
        }
    }

    @Test
    void normalization() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.recurrent(4),
                Nets.lstm(5),
                new RnnOutputLayer.Builder(new LossCrossEntropy())
                        .nOut(3)
                        .activation(Activation.IDENTITY)
                        .build()));
        INDArray sequences = new Data(1, DataType.DOUBLE).normal(4, 4, 6);
        INDArray classes = new Data(2, DataType.DOUBLE).indices(3, 4, 1, 6);
        INDArray mask = new Data(3, DataType.DOUBLE).mask(4, 6);
        double tokens = mask.sumNumber().doubleValue();
        double natively = network.score(new DataSet(sequences, classes, mask, mask));
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(2)
                .lossNormalization(LossNormalization.UNMASKED) // the mean over tokens
                .build()) {
            trainer.fit(new DataSet(sequences, classes, mask, mask));
        }
        // end
        assertThat(network.score()).isCloseTo(natively * 4 / tokens, within(1e-12));
    }

    @Test
    void alignments() {
        INDArray sequences = data.normal(2, 4, 12);
        // snippet
        var configuration = new NeuralNetConfiguration.Builder()
                .list()
                .layer(new LSTM.Builder().nOut(16).build())
                .layer(new RnnOutputLayer.Builder(new LossCtc())
                        .nOut(28) // 0 is the blank
                        .activation(Activation.IDENTITY)
                        .build())
                .setInputType(InputType.recurrent(4))
                .build();
        var network = new MultiLayerNetwork(configuration);
        network.init();
        int[][] targets = {{3, 1, 20}, {4, 15, 7, 7}}; // of any lengths
        INDArray labels = LossCtc.labels(targets, 12); // time steps of the output
        INDArray steps = Nd4j.createFromArray(new float[][] { // 12 and 9 of them count
            {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0}
        });
        network.fit(new DataSet(sequences, labels, steps, steps));
        // end
        assertThat(network.score()).isFinite().isPositive();
        assertThat(Finiteness.allFinite(network.params())).isTrue();
    }

    @Test
    void meansAndVariances() {
        // snippet
        var configuration = new NeuralNetConfiguration.Builder()
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.feedForward(4))
                .addLayer(
                        "means",
                        new DenseLayer.Builder()
                                .nOut(2)
                                .activation(Activation.IDENTITY)
                                .build(),
                        "in")
                .addLayer(
                        "variances",
                        new DenseLayer.Builder()
                                .nOut(2)
                                .activation(Activation.SOFTPLUS)
                                .build(),
                        "in")
                .addVertex("both", new MergeVertex(), "means", "variances")
                .addLayer(
                        "out",
                        new LossLayer.Builder(new LossGaussianNll())
                                .activation(Activation.IDENTITY)
                                .build(),
                        "both")
                .setOutputs("out")
                .build();
        // end
        ComputationGraph graph = new ComputationGraph(configuration);
        graph.init();
        DataSet batch = new DataSet(features, data.normal(4, 2));
        double before = graph.score(batch);
        for (int i = 0; i < 20; i++) {
            graph.fit(batch);
        }
        assertThat(graph.score(batch)).isLessThan(before);
    }
}
