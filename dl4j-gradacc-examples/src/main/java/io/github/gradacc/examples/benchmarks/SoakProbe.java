/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import io.github.gradacc.checkpoint.CheckpointedTraining;
import io.github.gradacc.train.TrainingInterruptedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.listeners.ScoreIterationListener;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The process that is watched by {@link Soak}: it trains a small network, by the trainer or natively, and prints a
 * {@link Sample} a line.
 */
public final class SoakProbe {

    /** Micro-batches of a step. */
    static final int PASSES = 4;

    private static final int STEPS_OF_AN_EPOCH = 250;
    private static final int STEPS_OF_A_CHECKPOINT = 1000;
    private static final int EXAMPLES = 8;
    private static final int WORKERS = 2;

    private SoakProbe() {}

    /**
     * Trains and prints samples.
     *
     * @param args {@code trainer} or {@code native}, the number of steps (of the trainer's {@value #PASSES} passes),
     *     the number of steps between samples, minutes after which to stop all the same, and an empty directory
     */
    public static void main(String[] args) {
        boolean accumulated = args[0].equals("trainer");
        int steps = Integer.parseInt(args[1]);
        int every = Integer.parseInt(args[2]);
        long end =
                System.nanoTime() + Duration.ofMinutes(Long.parseLong(args[3])).toNanos();
        int epochs = (steps + STEPS_OF_AN_EPOCH - 1) / STEPS_OF_AN_EPOCH;
        int last = accumulated ? steps : PASSES * steps;
        var watch = new Watch(accumulated ? PASSES : 1, every * PASSES, last, end);
        try {
            if (accumulated) {
                CheckpointedTraining.in(Path.of(args[4]))
                        .everySteps(STEPS_OF_A_CHECKPOINT)
                        .fit(
                                () -> network(watch),
                                settings -> settings.accumulationSteps(PASSES).parallelism(WORKERS),
                                batches(),
                                epochs);
            } else {
                network(watch).fit(batches(), epochs);
            }
        } catch (TrainingInterruptedException | Finished e) {
            // As asked by the watch.
        }
        // ND4J's threads need not end by themselves.
        System.exit(0);
    }

    private static MultiLayerNetwork network(Watch watch) {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(1)
                .updater(new Adam(1e-4))
                .activation(Activation.TANH)
                .list(
                        new DenseLayer.Builder().nIn(8).nOut(16).build(),
                        new DenseLayer.Builder().nIn(16).nOut(16).build(),
                        new OutputLayer.Builder(LossFunction.MSE)
                                .nIn(16)
                                .nOut(2)
                                .activation(Activation.IDENTITY)
                                .build())
                .build());
        network.init();
        network.setListeners(new ScoreIterationListener(STEPS_OF_A_CHECKPOINT), watch);
        return network;
    }

    private static DataSetIterator batches() {
        Nd4j.getRandom().setSeed(1);
        List<DataSet> batches = new ArrayList<>();
        for (int i = 0; i < STEPS_OF_AN_EPOCH * PASSES; i++) {
            batches.add(new DataSet(Nd4j.rand(EXAMPLES, 8), Nd4j.rand(EXAMPLES, 2)));
        }
        return new ListDataSetIterator<>(batches, 1);
    }

    /** Ends native training, which has no other end within an epoch. */
    private static final class Finished extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Prints the samples, and asks the training to stop at its end. Reads what listeners read. */
    private static final class Watch extends BaseTrainingListener {

        private final int passesOfAnIteration;
        private final int every;
        private final int last;
        private final long end;

        Watch(int passesOfAnIteration, int every, int last, long end) {
            this.passesOfAnIteration = passesOfAnIteration;
            this.every = every;
            this.last = last;
            this.end = end;
        }

        /** To be overridden is to be shown the activations of the whole window, which copies them. */
        @Override
        public void onForwardPass(Model model, List<INDArray> activations) {
            check(!activations.isEmpty());
        }

        @Override
        public void onForwardPass(Model model, Map<String, INDArray> activations) {
            check(!activations.isEmpty());
        }

        @Override
        public void iterationDone(Model model, int iteration, int epoch) {
            check(Double.isFinite(model.score()));
            long passes = (long) iteration * passesOfAnIteration;
            if (passes % every == 0) {
                System.out.println(Sample.now(passes));
                if (System.nanoTime() > end) {
                    stop();
                }
            }
            if (iteration >= last) {
                stop();
            }
        }

        private void stop() {
            if (passesOfAnIteration == 1) {
                throw new Finished();
            }
            Thread.currentThread().interrupt();
        }

        private static void check(boolean holds) {
            if (!holds) {
                throw new IllegalStateException(
                        "The training shows its listener nothing, or a score that is not finite");
            }
        }
    }
}
