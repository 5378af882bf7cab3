/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.updater.BatchScaled;
import io.github.gradacc.updater.LinearWarmUp;
import io.github.gradacc.updater.SgdMomentum;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.ViewIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * What a large effective batch needs. The same network sees the same pictures of digits as often in three ways:
 *
 * <pre>
 *   batches of 16                                  the reference
 *   batches of 512, the same learning rate         32 times fewer steps, and too small ones
 *   batches of 512, 32 times the learning rate,    the recipe of Goyal et al. 2017
 *     reached in a warm-up
 * </pre>
 *
 * <p>Memory never holds more than a micro-batch of 64 examples with its activations.
 */
public final class LargeBatch {

    static final int BATCH = 16;
    static final int LARGE_BATCH = 512;
    static final int MICRO_BATCH = 64;
    static final int EPOCHS = 20;
    static final int TRAINING_EXAMPLES = 4096;
    static final int TEST_EXAMPLES = 2000;

    private static final double RATE = 0.01;
    private static final int WARM_UP_EPOCHS = 3;

    /** What may be lost by the recipe, and must be lost without it: shares of the test set. */
    private static final double HELD = 0.02;

    private LargeBatch() {}

    /** Runs the program. The exit status is 0, or 1 if the recipe did not hold the accuracy. */
    public static void main(String[] args) {
        System.setProperty("java.awt.headless", "true");
        int status = run(System.out);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** The program, as a function to its exit status. */
    static int run(PrintStream out) {
        // On arrays this small, several native threads mostly wait for each other.
        Nd4j.getEnvironment().setMaxThreads(1);
        Nd4j.getEnvironment().setMaxMasterThreads(1);
        Outcome outcome = train(Digits.draw(TRAINING_EXAMPLES, 1), Digits.draw(TEST_EXAMPLES, 2));
        out.println("way                                       steps   test accuracy");
        outcome.print(out);
        out.println(
                outcome.isAsExpected()
                        ? "As expected: the large batch loses accuracy with the old learning rate, and holds it with"
                                + " the recipe."
                        : "Not as expected: the recipe should lose at most " + HELD
                                + " of the accuracy, and the old learning rate more.");
        return outcome.isAsExpected() ? 0 : 1;
    }

    /**
     * How one way ended.
     *
     * @param name to print
     * @param steps optimizer steps taken
     * @param accuracy share of the test set that is classified correctly
     */
    record Way(String name, int steps, double accuracy) {}

    /** The three ways. */
    record Outcome(Way small, Way sameRate, Way recipe) {

        void print(PrintStream out) {
            for (Way way : List.of(small, sameRate, recipe)) {
                out.printf(Locale.ROOT, "%-40s %6d %15.3f%n", way.name(), way.steps(), way.accuracy());
            }
        }

        boolean isAsExpected() {
            return small.accuracy() - recipe.accuracy() <= HELD && small.accuracy() - sameRate.accuracy() > HELD;
        }
    }

    /** Trains in each way, from the same start. */
    static Outcome train(DataSet training, DataSet test) {
        ISchedule rate = new FixedSchedule(RATE);
        int warmUp = WARM_UP_EPOCHS * TRAINING_EXAMPLES / LARGE_BATCH;
        ISchedule recipe =
                new LinearWarmUp(BatchScaled.linear(rate, BATCH, LARGE_BATCH), warmUp, (double) BATCH / LARGE_BATCH);
        return new Outcome(
                train("batches of " + BATCH, BATCH, rate, training, test),
                train("batches of " + LARGE_BATCH + ", the same rate", LARGE_BATCH, rate, training, test),
                train("batches of " + LARGE_BATCH + ", scaled rate, warm-up", LARGE_BATCH, recipe, training, test));
    }

    private static Way train(String name, int batch, ISchedule rate, DataSet training, DataSet test) {
        MultiLayerNetwork network = network(rate);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(MICRO_BATCH)
                .build()) {
            trainer.fit(new ViewIterator(training, batch), EPOCHS);
        }
        Evaluation evaluation = new Evaluation(Digits.CLASSES);
        evaluation.eval(test.getLabels(), network.output(test.getFeatures()));
        return new Way(name, network.getIterationCount(), evaluation.accuracy());
    }

    private static MultiLayerNetwork network(ISchedule rate) {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(7)
                .updater(new SgdMomentum(rate).withMomentum(0.9))
                .activation(Activation.RELU)
                .list()
                .layer(new DenseLayer.Builder().nIn(Digits.PIXELS).nOut(64).build())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(64)
                        .nOut(Digits.CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
        network.init();
        return network;
    }
}
