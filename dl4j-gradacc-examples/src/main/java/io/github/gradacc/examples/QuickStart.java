/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The first program to run: trains the same network from the same start on the same examples in three ways, and shows
 * that accumulating small batches gives the same result as training on large ones.
 *
 * <pre>
 *   batches of 4                 a step after each batch
 *   batches of 4, accumulated    a step after every 10 batches
 *   batches of 40                a step after each batch
 * </pre>
 */
public final class QuickStart {

    static final int SMALL_BATCH = 4;
    static final int BATCHES_PER_STEP = 10;
    static final int LARGE_BATCH = SMALL_BATCH * BATCHES_PER_STEP;
    static final int EPOCHS = 40;

    private QuickStart() {}

    /**
     * Runs the program. The exit status is 0, or 1 if accumulation did not give what large batches gave, or 2 if an
     * argument is wrong.
     *
     * @param args where to write the picture of the loss curves, by default {@code target/quickstart.png}
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        // Drawing into a file must not depend on a display.
        System.setProperty("java.awt.headless", "true");
        int status = run(args, System.out, System.err);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** The program, as a function from its arguments and streams to its exit status. */
    static int run(String[] args, PrintStream out, PrintStream err) throws IOException, InterruptedException {
        Path picture;
        try {
            picture = PictureFile.from(args, "target/quickstart.png");
        } catch (IllegalArgumentException e) {
            err.println("QuickStart: " + e.getMessage());
            return 2;
        }
        // On arrays this small, several native threads mostly wait for each other.
        Nd4j.getEnvironment().setMaxThreads(1);
        Nd4j.getEnvironment().setMaxMasterThreads(1);
        Iris iris = Iris.load();
        Comparison comparison;
        try (ProgressBar bar = ProgressBar.builder()
                .setTaskName("Training")
                // The other styles need a terminal that shows block characters.
                .setStyle(ProgressBarStyle.ASCII)
                .setUnit(" epochs", 1)
                .setInitialMax(3 * EPOCHS)
                .setConsumer(new ConsoleProgressBarConsumer(err))
                .build()) {
            comparison = compare(iris, bar::step);
        }
        LossCurves.write(comparison, picture);

        out.println(comparison.table());
        out.println("Loss curves: " + picture);
        out.println(comparison.conclusion());
        return comparison.isExact() ? 0 : 1;
    }

    /** Trains three copies of one network, each in its own way. */
    static Comparison compare(Iris iris, Runnable afterEpoch) {
        MultiLayerNetwork small = network();
        MultiLayerNetwork accumulated = small.clone();
        MultiLayerNetwork large = small.clone();
        DataSetIterator smallBatches = batches(iris.train(), SMALL_BATCH);
        DataSetIterator largeBatches = batches(iris.train(), LARGE_BATCH);
        String ofSmall = "batches of " + SMALL_BATCH;
        String ofLarge = "batches of " + LARGE_BATCH;
        try (GradientAccumulationTrainer trainer = GradientAccumulationTrainer.builder(accumulated)
                .accumulationSteps(BATCHES_PER_STEP)
                .build()) {
            return new Comparison(
                    train(ofSmall, small, () -> small.fit(smallBatches), iris, afterEpoch),
                    train(ofSmall + ", accumulated", accumulated, () -> trainer.fit(smallBatches), iris, afterEpoch),
                    train(ofLarge, large, () -> large.fit(largeBatches), iris, afterEpoch));
        }
    }

    private static TrainingRun train(
            String name, MultiLayerNetwork network, Runnable epoch, Iris iris, Runnable afterEpoch) {
        List<Double> losses = new ArrayList<>();
        losses.add(network.score(iris.train()));
        for (int i = 0; i < EPOCHS; i++) {
            epoch.run();
            losses.add(network.score(iris.train()));
            afterEpoch.run();
        }
        return TrainingRun.of(name, network, losses, iris.test());
    }

    /** 4 inputs, 10 hidden units, 3 classes. */
    private static MultiLayerNetwork network() {
        MultiLayerNetwork network = new MultiLayerNetwork(new NeuralNetConfiguration.Builder()
                .seed(12345)
                // In FLOAT, rounding alone would make a difference of about 1e-5, too large to show what is exact.
                .dataType(DataType.DOUBLE)
                .updater(new Adam(0.01))
                .list()
                .layer(new DenseLayer.Builder()
                        .nIn(Iris.FEATURES)
                        .nOut(10)
                        .activation(Activation.TANH)
                        .build())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nIn(10)
                        .nOut(Iris.CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .build());
        network.init();
        return network;
    }

    private static DataSetIterator batches(DataSet data, int size) {
        return new ListDataSetIterator<>(data.asList(), size);
    }
}
