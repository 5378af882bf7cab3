/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static io.github.gradacc.examples.benchmarks.MarkdownTable.decimals;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Compares DL4J, natively and with the trainer, with gradient accumulation in libtorch, in milliseconds for the same
 * window: the same network from the same parameters, and the same data, which {@link Agreement} checks before anything
 * is timed.
 *
 * <p>Needs the Maven profile {@code libtorch}; with {@code onednn} as well, DL4J also runs with oneDNN.
 *
 * <p>Every contestant has a process of its own, and the processes take turns. Two builds of ND4J cannot share one;
 * and who shares one shares its OpenBLAS, its OpenMP and their numbers of threads, so that times depend on the others.
 * Tried with two native threads in one process and in turns with DL4J, libtorch's LeNet took 88 ms, and in a process of
 * its own 170.
 */
public final class Peers {

    private static final int[] THREADS = {1, 2};

    private Peers() {}

    /**
     * Prints the table.
     *
     * @param args {@code networks=} of MLP, LENET, RESNET and LSTM_WHOLE, {@code micro=}, {@code effective=}, {@code
     *     rounds=}, {@code warmup=} (seconds)
     */
    public static void main(String[] args) throws IOException {
        run(new Settings(args), System.out);
    }

    static void run(Settings settings, PrintStream out) throws IOException {
        out.println(Machine.description());
        List<Contestant> contestants = contestants();
        var table = new MarkdownTable(out, headings(contestants));
        for (Workload workload :
                settings.networks(Workload.MLP, Workload.LENET, Workload.RESNET, Workload.LSTM_WHOLE)) {
            for (int effective : settings.sizes("effective", List.of(256), List.of(256))) {
                for (int micro : settings.sizes("micro", List.of(32), List.of(32))) {
                    Task task = new Task(workload, Way.NATIVE_WHOLE, micro, effective);
                    table.row(row(task, measure(contestants, task, settings)));
                }
            }
        }
    }

    private static List<String> headings(List<Contestant> contestants) {
        List<String> headings = new ArrayList<>(List.of("network", "effective batch", "micro-batch"));
        contestants.forEach(contestant -> headings.add(contestant.title()));
        headings.add("best trainer / best libtorch");
        return headings;
    }

    private static List<String> row(Task task, Rounds<Contestant> rounds) {
        List<String> cells = new ArrayList<>(List.of(
                task.workload().title(), String.valueOf(task.effectiveBatch()), String.valueOf(task.microBatch())));
        rounds.tasks().forEach(contestant -> cells.add(decimals(1, rounds.milliseconds(contestant))));
        Contestant trainer = best(rounds, Contestant::isTrainer);
        Contestant libtorch = best(rounds, contestant -> contestant.library() == Library.LIBTORCH);
        cells.add(decimals(2, rounds.ratio(trainer, libtorch)));
        return cells;
    }

    private static List<Contestant> contestants() {
        return Library.present().stream()
                .flatMap(library ->
                        Arrays.stream(THREADS).boxed().flatMap(threads -> Contestant.of(library, threads).stream()))
                .toList();
    }

    private static Contestant best(Rounds<Contestant> rounds, Predicate<Contestant> among) {
        return rounds.tasks().stream()
                .filter(among)
                .min(Comparator.comparingDouble(rounds::milliseconds))
                .orElseThrow();
    }

    /** All contestants take turns, there and back, first to warm up. */
    private static Rounds<Contestant> measure(List<Contestant> contestants, Task task, Settings settings)
            throws IOException {
        List<Player> players = new ArrayList<>();
        try {
            for (Contestant contestant : contestants) {
                players.add(new Player(contestant, task));
            }
            for (Player player : players) {
                player.awaitReady();
            }
            long start = System.nanoTime();
            do {
                round(players, 0);
            } while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(settings.warmUpSeconds()));
            List<double[]> times = new ArrayList<>();
            for (int round = 0; round < settings.rounds(); round++) {
                times.add(round(players, round));
            }
            return new Rounds<>(contestants, times);
        } finally {
            players.forEach(Player::close);
        }
    }

    private static double[] round(List<Player> players, int round) throws IOException {
        double[] times = new double[players.size()];
        for (int i = 0; i < times.length; i++) {
            int turn = InterleavedBenchmark.turn(round * times.length + i, times.length);
            times[turn] = players.get(turn).turn();
        }
        return times;
    }
}
