/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The times of tasks that took turns.
 *
 * <p>Every figure is a median over the rounds. A ratio is the median of the rounds' ratios, not the ratio of the
 * medians.
 *
 * @param <T> what names a task
 * @param tasks the tasks, in the order of their turns
 * @param milliseconds for each round, the time of each task
 */
record Rounds<T>(List<T> tasks, List<double[]> milliseconds) {

    /**
     * Lets tasks take turns in a new process.
     *
     * <p>Warming up takes long on few cores: Java's compiler competes with the tasks for them, and slows down most
     * the tasks that use them all.
     *
     * @param tasks the tasks
     * @param rounds number of measured rounds
     * @param warmUpSeconds for how many seconds the tasks take turns before that
     */
    static Rounds<Task> measure(List<Task> tasks, int rounds, int warmUpSeconds) {
        int turns = tasks.size();
        var options = new OptionsBuilder()
                .include(InterleavedBenchmark.class.getName() + "\\.run$")
                .param("tasks", tasks.stream().map(Task::toString).collect(Collectors.joining(",")))
                .param("warmUpSeconds", String.valueOf(warmUpSeconds))
                .forks(1)
                .threads(1)
                .warmupIterations(0)
                .measurementIterations(rounds * turns)
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();
        try {
            double[] times = new Runner(options)
                    .runSingle().getBenchmarkResults().iterator().next().getIterationResults().stream()
                            .mapToDouble(
                                    iteration -> iteration.getPrimaryResult().getScore())
                            .toArray();
            return new Rounds<>(tasks, cut(times, turns));
        } catch (RunnerException e) {
            throw new IllegalStateException("JMH could not measure " + tasks + ": " + e.getMessage(), e);
        }
    }

    /** The time of a task. */
    double milliseconds(T task) {
        int turn = turnOf(task);
        return median(round -> milliseconds.get(round)[turn]);
    }

    /** The speed of a task relative to a reference: above 1 is faster. */
    double speed(T task, T reference) {
        return ratio(reference, task);
    }

    /** The time of a task over the time of another. */
    double ratio(T numerator, T denominator) {
        return median(ratios(numerator, denominator));
    }

    /** The quartiles of the ratios whose median is {@link #ratio}: the first and the third. */
    double[] quartiles(T numerator, T denominator) {
        double[] sorted = sorted(ratios(numerator, denominator));
        return new double[] {sorted[sorted.length / 4], sorted[sorted.length - 1 - sorted.length / 4]};
    }

    private IntToDoubleFunction ratios(T numerator, T denominator) {
        int above = turnOf(numerator);
        int below = turnOf(denominator);
        return round -> milliseconds.get(round)[above] / milliseconds.get(round)[below];
    }

    private int turnOf(T task) {
        int turn = tasks.indexOf(task);
        if (turn < 0) {
            throw new IllegalArgumentException(task + " is not one of " + tasks);
        }
        return turn;
    }

    private double median(IntToDoubleFunction ofRound) {
        double[] sorted = sorted(ofRound);
        int upper = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[upper] : (sorted[upper - 1] + sorted[upper]) / 2;
    }

    private double[] sorted(IntToDoubleFunction ofRound) {
        return IntStream.range(0, milliseconds.size())
                .mapToDouble(ofRound)
                .sorted()
                .toArray();
    }

    private static List<double[]> cut(double[] times, int turns) {
        List<double[]> rounds = new ArrayList<>();
        for (int from = 0; from < times.length; from += turns) {
            double[] round = new double[turns];
            for (int i = from; i < from + turns; i++) {
                round[InterleavedBenchmark.turn(i, turns)] = times[i];
            }
            rounds.add(round);
        }
        return rounds;
    }
}
