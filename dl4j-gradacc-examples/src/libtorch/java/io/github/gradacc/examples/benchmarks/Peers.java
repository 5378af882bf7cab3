/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static io.github.gradacc.examples.benchmarks.MarkdownTable.decimals;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Compares DL4J, natively and with the trainer, with gradient accumulation in libtorch, in milliseconds for the same
 * window: the same network from the same parameters, and the same data, which {@link Agreement} checks before anything
 * is timed.
 *
 * <p>Needs the Maven profile {@code libtorch}; with {@code onednn} as well, DL4J also runs with oneDNN.
 *
 * <p>A library and a number of threads are a process, and processes take turns. In one process the libraries share
 * one OpenBLAS and one OpenMP, whose numbers of threads belong to the process or to the calling thread: the trainer with
 * two workers sets them to one, and libtorch's own setting stays behind on the thread that ND4J computes with next. Two
 * builds of ND4J cannot share a process at all. A process that waits for its turn takes no time: OpenMP's threads sleep.
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
        List<Seat> seats = Seat.present();
        var table = new MarkdownTable(out, headings(seats));
        for (Workload workload :
                settings.networks(Workload.MLP, Workload.LENET, Workload.RESNET, Workload.LSTM_WHOLE)) {
            for (int effective : settings.sizes("effective", List.of(256), List.of(256))) {
                for (int micro : settings.sizes("micro", List.of(32), List.of(32))) {
                    Task task = new Task(workload, Way.NATIVE_WHOLE, micro, effective);
                    table.row(row(task, measure(seats, task, settings)));
                }
            }
        }
    }

    private static List<String> headings(List<Seat> seats) {
        List<String> headings = new ArrayList<>(List.of("network", "effective batch", "micro-batch"));
        contestants(seats).forEach(contestant -> headings.add(contestant.title()));
        headings.add("best trainer / best libtorch");
        return headings;
    }

    private static List<String> row(Task task, Rounds<Contestant> rounds) {
        List<String> cells = new ArrayList<>(List.of(
                task.workload().title(), String.valueOf(task.effectiveBatch()), String.valueOf(task.microBatch())));
        rounds.tasks().forEach(contestant -> cells.add(decimals(1, rounds.milliseconds(contestant))));
        Contestant trainer = best(rounds, Contestant::isTrainer);
        Contestant libtorch = best(rounds, contestant -> contestant.seat() == Seat.LIBTORCH);
        cells.add(decimals(2, rounds.ratio(trainer, libtorch)));
        return cells;
    }

    private static List<Contestant> contestants(List<Seat> seats) {
        return seats.stream()
                .flatMap(seat ->
                        Arrays.stream(THREADS).boxed().flatMap(threads -> Contestant.of(seat, threads).stream()))
                .toList();
    }

    private static Contestant best(Rounds<Contestant> rounds, Predicate<Contestant> among) {
        return rounds.tasks().stream()
                .filter(among)
                .min(Comparator.comparingDouble(rounds::milliseconds))
                .orElseThrow();
    }

    /** All contestants take turns, there and back, first to warm up. */
    private static Rounds<Contestant> measure(List<Seat> seats, Task task, Settings settings) throws IOException {
        List<Contestant> contestants = contestants(seats);
        Map<Place, Player> players = new HashMap<>();
        try {
            for (Contestant contestant : contestants) {
                var place = new Place(contestant.seat(), contestant.threads());
                if (!players.containsKey(place)) {
                    players.put(place, new Player(contestant.seat(), contestant.threads(), task));
                }
            }
            long start = System.nanoTime();
            do {
                round(contestants, players, 0);
            } while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(settings.warmUpSeconds()));
            List<double[]> times = new ArrayList<>();
            for (int round = 0; round < settings.rounds(); round++) {
                times.add(round(contestants, players, round));
            }
            return new Rounds<>(contestants, times);
        } finally {
            players.values().forEach(Player::close);
        }
    }

    private static double[] round(List<Contestant> contestants, Map<Place, Player> players, int round)
            throws IOException {
        int turns = contestants.size();
        double[] times = new double[turns];
        for (int i = 0; i < turns; i++) {
            int turn = InterleavedBenchmark.turn(round * turns + i, turns);
            Contestant contestant = contestants.get(turn);
            Player player = Objects.requireNonNull(players.get(new Place(contestant.seat(), contestant.threads())));
            times[turn] = player.turn(contestant.number());
        }
        return times;
    }

    /** Where a process runs. */
    private record Place(Seat seat, int threads) {}
}
