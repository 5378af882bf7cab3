/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static io.github.gradacc.examples.benchmarks.MarkdownTable.decimals;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.util.ModelSerializer;

/**
 * Compares the time of saving a training, sealed and flushed to disk, with that of DL4J's {@code ModelSerializer},
 * which writes the model alone. Both take turns in one process. The ratio must not be above 1.1.
 */
public final class SaveTime {

    private static final String OURS = "save";
    private static final String NATIVE = "ModelSerializer";
    private static final int STEPS = 2;
    private static final int EXAMPLES = 8;
    private static final double NANOS = 1e6;

    private SaveTime() {}

    /**
     * Prints the table.
     *
     * @param args {@code networks=}, {@code rounds=}, {@code warmup=} (seconds)
     */
    public static void main(String[] args) throws IOException {
        run(new Settings(args), System.out);
    }

    static void run(Settings settings, PrintStream out) throws IOException {
        out.println(Machine.description());
        var table = new MarkdownTable(
                out, List.of("network", "parameters", "ModelSerializer, ms", "save, ms", "save/ModelSerializer"));
        for (Workload workload : settings.networks(Workload.LSTM, Workload.LENET, Workload.MLP)) {
            Subject subject = workload.network();
            Model model = (Model) subject.network();
            Rounds<String> rounds = measure(workload, subject, model, settings);
            table.row(List.of(
                    workload.title(),
                    String.valueOf(model.numParams()),
                    decimals(1, rounds.milliseconds(NATIVE)),
                    decimals(1, rounds.milliseconds(OURS)),
                    decimals(3, rounds.ratio(OURS, NATIVE))));
        }
    }

    private static Rounds<String> measure(Workload workload, Subject subject, Model model, Settings settings)
            throws IOException {
        Path directory = Files.createTempDirectory("save-time");
        Path ours = directory.resolve("training.zip");
        Path theirs = directory.resolve("model.zip");
        List<double[]> milliseconds = new ArrayList<>();
        try (var trainer = subject.trainer().build()) {
            // So that the updater has a state.
            for (int step = 0; step < STEPS; step++) {
                trainer.fit(workload.data(EXAMPLES));
            }
            long warm = System.nanoTime() + settings.warmUpSeconds() * 1_000_000_000L;
            while (milliseconds.size() < settings.rounds()) {
                long start = System.nanoTime();
                trainer.save(ours);
                long between = System.nanoTime();
                ModelSerializer.writeModel(model, theirs.toFile(), true);
                long end = System.nanoTime();
                if (start >= warm) {
                    milliseconds.add(new double[] {(between - start) / NANOS, (end - between) / NANOS});
                }
            }
        } finally {
            Files.deleteIfExists(ours);
            Files.deleteIfExists(theirs);
            Files.deleteIfExists(directory);
        }
        return new Rounds<>(List.of(OURS, NATIVE), milliseconds);
    }
}
