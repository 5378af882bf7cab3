/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dashboard;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Trains LeNet on pictures of digits, in windows of 64 examples that are computed in micro-batches of 8 by two
 * workers, while DL4J's own web page shows how it goes. The page must show optimizer steps: a point for every window,
 * not one for every micro-batch. This program checks that they do, and that the score falls.
 */
public final class Dashboard {

    static final int WINDOW = 64;
    static final int MICRO_BATCH = 8;
    static final int WORKERS = 2;
    static final int STEPS_PER_EPOCH = 10;

    private static final int TEST_EXAMPLES = 500;

    private Dashboard() {}

    /**
     * Runs the program. The exit status is 0, or 1 if the page did not show every step once or the score did not
     * fall, or 2 if an argument is wrong or the port is taken.
     *
     * @param args {@code --port=N}, {@code --epochs=N}, {@code --stay}
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        // Vert.x, on which DL4J's server runs, has a logger of its own otherwise, which prints.
        System.setProperty("vertx.logger-delegate-factory-class-name", "io.vertx.core.logging.SLF4JLogDelegateFactory");
        int status = run(args, System.in, System.out, System.err);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** The program, as a function from its arguments and streams to its exit status. */
    static int run(String[] args, InputStream in, PrintStream out, PrintStream err)
            throws IOException, InterruptedException {
        Settings settings;
        TrainingPage opened;
        try {
            settings = Settings.from(args);
            opened = TrainingPage.open(settings.port());
        } catch (IllegalArgumentException | IOException e) {
            err.println("Dashboard: " + e.getMessage());
            return 2;
        }
        try (TrainingPage page = opened) {
            out.println("Watch the training at " + page.address());
            Outcome outcome = train(page, settings.epochs(), out);
            out.println(outcome.conclusion());
            if (settings.stay()) {
                out.println("The page stays until you press Enter.");
                awaitLine(in);
            }
            return outcome.isAsExpected() ? 0 : 1;
        }
    }

    /**
     * How the training ended.
     *
     * @param steps optimizer steps taken
     * @param chart what the page shows of them
     * @param accuracy share of the test set that is classified correctly
     */
    record Outcome(int steps, ScoreChart chart, double accuracy) {

        /** Each step is one point, and the score has become less than half of what it was. */
        boolean isAsExpected() {
            return chart.iterations().equals(IntStream.range(0, steps).boxed().toList())
                    && chart.last() < chart.first() / 2;
        }

        String conclusion() {
            return String.format(
                    Locale.ROOT,
                    "%s: %d steps, of %d micro-batches each, should be as many points in the score chart, and are %d;"
                            + " the score should fall to less than half, and went from %.3f to %.3f."
                            + " Test accuracy %.3f.",
                    isAsExpected() ? "As expected" : "Not as expected",
                    steps,
                    WINDOW / MICRO_BATCH,
                    chart.points(),
                    chart.first(),
                    chart.last(),
                    accuracy);
        }
    }

    private static Outcome train(TrainingPage page, int epochs, PrintStream out)
            throws IOException, InterruptedException {
        // The workers compute side by side: more native threads would only wait for each other.
        Nd4j.getEnvironment().setMaxThreads(1);
        Nd4j.getEnvironment().setMaxMasterThreads(1);
        List<DataSet> training = SevenSegments.draw(STEPS_PER_EPOCH, WINDOW, 1);
        DataSet test = SevenSegments.draw(1, TEST_EXAMPLES, 2).get(0);
        MultiLayerNetwork network = leNet();
        network.setListeners(page.everyStep());
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(MICRO_BATCH)
                .parallelism(WORKERS)
                .build()) {
            for (int epoch = 1; epoch <= epochs; epoch++) {
                trainer.fit(new ExistingDataSetIterator(training));
                out.printf(Locale.ROOT, "epoch %d of %d, score %.3f%n", epoch, epochs, network.score());
            }
        }
        Evaluation evaluation = new Evaluation(SevenSegments.CLASSES);
        evaluation.eval(test.getLabels(), network.output(test.getFeatures()));
        int steps = network.getIterationCount();
        return new Outcome(steps, page.scores(steps), evaluation.accuracy());
    }

    /** LeNet-5 (LeCun et al. 1998) with maxima for the means of its pooling, ReLU, and a softmax at the end. */
    private static MultiLayerNetwork leNet() {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(7)
                .updater(new Adam(0.005))
                .activation(Activation.RELU)
                .list()
                .layer(new ConvolutionLayer.Builder(5, 5).nOut(6).build())
                .layer(new SubsamplingLayer.Builder()
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build())
                .layer(new ConvolutionLayer.Builder(5, 5).nOut(16).build())
                .layer(new SubsamplingLayer.Builder()
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build())
                .layer(new DenseLayer.Builder().nOut(120).build())
                .layer(new DenseLayer.Builder().nOut(84).build())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(SevenSegments.CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(SevenSegments.SIZE, SevenSegments.SIZE, 1))
                .build());
        network.init();
        return network;
    }

    private static void awaitLine(InputStream in) throws IOException {
        int read = in.read();
        while (read != '\n' && read >= 0) {
            read = in.read();
        }
    }
}
