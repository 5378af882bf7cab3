/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.assertSame;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** Dropout and weight noise: other numbers than in the big batch, the same distribution. */
class NoiseTest {

    private static final int DRAWS = 300;

    private final DataSet batch = new Data(2, DataType.DOUBLE).dataSet(8, 3, 4);

    private static MultiLayerNetwork network() {
        return Nets.init(Nets.of(
                Nets.settings().updater(new Sgd(1)),
                InputType.feedForward(4),
                new DenseLayer.Builder().nOut(6).dropOut(0.8).build(),
                new DenseLayer.Builder()
                        .nOut(5)
                        .weightNoise(new DropConnect(0.9))
                        .build(),
                Nets.softmax(3)));
    }

    @Test
    void oneMicroBatchDrawsTheNumbersOfNativeTraining() {
        MultiLayerNetwork ours = network();
        MultiLayerNetwork reference = ours.clone();
        Nd4j.getRandom().setSeed(99);
        reference.fit(batch);
        Nd4j.getRandom().setSeed(99);
        try (var trainer = GradientAccumulationTrainer.builder(ours).build()) {
            trainer.fit(batch);
        }
        assertSame(ours, reference, 0);
    }

    /** The streams of micro-batches follow the seed of the network, not that of ND4J's generator. */
    @Test
    void theSeedOfTheNetworkDecidesWhatMicroBatchesDraw() {
        INDArray one = trainedInMicroBatches(1, 5);
        assertThat(trainedInMicroBatches(1, 6)).isEqualTo(one);
        assertThat(trainedInMicroBatches(2, 5).distance2(one)).isGreaterThan(1e-3);
    }

    private INDArray trainedInMicroBatches(long networkSeed, long generatorSeed) {
        MultiLayerNetwork network = network();
        network.conf().setSeed(networkSeed);
        Nd4j.getRandom().setSeed(generatorSeed);
        try (var trainer =
                GradientAccumulationTrainer.builder(network).microBatchSize(4).build()) {
            trainer.fit(batch);
        }
        return network.params();
    }

    /**
     * The mean step over many draws is the same. Its standard error is about s / sqrt(draws) with s the deviation of
     * one step, measured here as well; five of them, for both sides together, is a limit that chance passes once in a
     * million.
     */
    @Tag("slow")
    @Test
    void microBatchesDrawFromTheSameDistribution() {
        MultiLayerNetwork network = network();
        INDArray start = network.params().dup();
        Nd4j.getRandom().setSeed(7);
        Moments big = new Moments();
        Moments small = new Moments();
        try (var trainer =
                GradientAccumulationTrainer.builder(network).microBatchSize(4).build()) {
            for (int draw = 0; draw < DRAWS; draw++) {
                network.params().assign(start);
                network.fit(batch);
                big.add(network.params().sub(start));
                network.params().assign(start);
                trainer.fit(batch);
                small.add(network.params().sub(start));
            }
        }
        for (int i = 0; i < start.length(); i++) {
            double error = Math.sqrt((big.variance(i) + small.variance(i)) / DRAWS);
            assertThat(Math.abs(big.mean(i) - small.mean(i)))
                    .as("parameter %s", i)
                    .isLessThanOrEqualTo(5 * error + 1e-12);
        }
    }

    private static final class Moments {
        private final INDArray sum = Nd4j.zeros(DataType.DOUBLE, network().numParams());
        private final INDArray squares = Nd4j.zerosLike(sum);
        private int count;

        void add(INDArray step) {
            sum.addi(step);
            squares.addi(step.mul(step));
            count++;
        }

        double mean(int i) {
            return sum.getDouble(i) / count;
        }

        double variance(int i) {
            return squares.getDouble(i) / count - mean(i) * mean(i);
        }
    }
}
