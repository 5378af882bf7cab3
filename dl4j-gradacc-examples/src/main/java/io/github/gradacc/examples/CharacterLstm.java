/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleConsumer;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Teaches an LSTM to write sonnets one character at a time, by truncated BPTT with accumulated gradients.
 *
 * <pre>
 *   sequences of 160 characters      in segments of 40, with a step after each
 *   batches of 6 sequences           the most that "fits into memory"
 *   windows of 2 batches             the gradients of both make one step
 * </pre>
 */
public final class CharacterLstm {

    static final int SEQUENCE = 160;
    static final int SEGMENT = 40;
    static final int BATCH = 6;
    static final int BATCHES_PER_STEP = 2;
    static final int EPOCHS = 20;
    static final int SAMPLE = 400;

    private static final int UNITS = 96;
    private static final int WORKERS = 2;
    private static final int PER_LINE = 10;
    private static final String BEGINNING = "Shall I ";
    private static final List<Double> TEMPERATURES = List.of(0.3, 0.7, 1.0);

    private CharacterLstm() {}

    /**
     * Runs the program. The exit status is 0, or 2 if an argument is wrong.
     *
     * @param args the number of epochs, by default 20
     */
    public static void main(String[] args) throws IOException {
        int status = run(args, System.out, System.err);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** The program, as a function from its arguments and streams to its exit status. */
    static int run(String[] args, PrintStream out, PrintStream err) throws IOException {
        int epochs;
        try {
            epochs = epochs(args);
        } catch (IllegalArgumentException e) {
            err.println("CharacterLstm: " + e.getMessage());
            return 2;
        }
        // On arrays this small, several native threads mostly wait for each other.
        Nd4j.getEnvironment().setMaxThreads(1);
        Nd4j.getEnvironment().setMaxMasterThreads(1);
        String text = Sonnets.load();
        Alphabet alphabet = Alphabet.of(text);
        MultiLayerNetwork network = CharacterNetwork.create(alphabet.size(), UNITS, SEGMENT);
        List<Double> losses;
        try (ProgressBar bar = ProgressBar.builder()
                .setTaskName("Training")
                // The other styles need a terminal that shows block characters.
                .setStyle(ProgressBarStyle.ASCII)
                .setUnit(" epochs", 1)
                .setInitialMax(epochs)
                .setConsumer(new ConsoleProgressBarConsumer(err))
                .build()) {
            losses = train(network, text, alphabet, epochs, loss -> {
                bar.setExtraMessage(number(loss) + " nats per character");
                bar.step();
            });
        }

        out.printf(
                "%d characters, %d different; %d optimizer steps. Loss of each epoch, in nats per character:%n",
                text.length(), alphabet.size(), network.getIterationCount());
        print(losses, out);
        TextSampler sampler = new TextSampler(network, alphabet);
        for (double temperature : TEMPERATURES) {
            out.printf(Locale.ROOT, "%n--- temperature %.1f ---%n", temperature);
            out.println(BEGINNING + sampler.write(BEGINNING, SAMPLE, temperature, 1));
        }
        return 0;
    }

    /**
     * Trains on a text.
     *
     * @return the loss of each epoch, in nats per character
     */
    static List<Double> train(
            MultiLayerNetwork network, String text, Alphabet alphabet, int epochs, DoubleConsumer afterEpoch) {
        List<DataSet> batches = TextBatches.of(text, alphabet, SEQUENCE, BATCH);
        CharacterLoss loss = new CharacterLoss(text.length() - 1L);
        network.addListeners(loss);
        try (GradientAccumulationTrainer trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(BATCHES_PER_STEP)
                .parallelism(WORKERS)
                .build()) {
            for (int i = 0; i < epochs; i++) {
                trainer.fit(new ExistingDataSetIterator(batches));
                afterEpoch.accept(loss.last());
            }
        }
        return loss.epochs();
    }

    private static int epochs(String[] args) {
        if (args.length == 0) {
            return EPOCHS;
        }
        if (args.length > 1 || !args[0].matches("[1-9][0-9]{0,5}")) {
            throw new IllegalArgumentException(
                    "Expected one argument at most, the number of epochs (1 to 999999), got: "
                            + String.join(" ", args));
        }
        return Integer.parseInt(args[0]);
    }

    private static void print(List<Double> losses, PrintStream out) {
        for (int from = 0; from < losses.size(); from += PER_LINE) {
            int to = Math.min(from + PER_LINE, losses.size());
            StringBuilder line = new StringBuilder(String.format("%6d to %d:", from + 1, to));
            losses.subList(from, to).forEach(loss -> line.append("  ").append(number(loss)));
            out.println(line);
        }
    }

    private static String number(double loss) {
        return String.format(Locale.ROOT, "%.3f", loss);
    }
}
