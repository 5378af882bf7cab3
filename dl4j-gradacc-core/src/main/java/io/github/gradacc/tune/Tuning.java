/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.tune;

import io.github.gradacc.array.MemoryShortage;
import io.github.gradacc.dl4j.Network;
import io.github.gradacc.dl4j.PassWorkspaces;
import io.github.gradacc.dl4j.Replica;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * One run of a {@link MicroBatchTuner}: tries candidates one after the other, each on a copy of the network, and in the
 * end the fastest beside the whole batch.
 */
final class Tuning {

    /** Workspaces are made in the first steps and have their size from the third on. */
    private static final int STEPS_TO_SETTLE = 3;

    private static final int MOST_TIMED_STEPS = 15;
    private static final int ROUNDS_OF_DUEL = 3;

    /** Of the time limit, what warming up may take: Java compiles what it runs, and the first to run would pay. */
    private static final double TO_WARM_UP = 0.15;

    /** Of the time limit, what may be spent before the duel. */
    private static final double BEFORE_DUEL = 0.75;

    private static final double MEGA = 1024 * 1024;

    private final Network network;
    private final Function<Network, GradientAccumulationTrainer.Builder> trainers;
    private final MultiDataSet sample;
    private final long memoryLimit;
    private final Consumer<String> progress;
    private final long start = System.nanoTime();
    private final double limitNanos;

    Tuning(
            Network network,
            Function<Network, GradientAccumulationTrainer.Builder> trainers,
            MultiDataSet sample,
            long memoryLimit,
            Duration timeLimit,
            Consumer<String> progress) {
        this.network = network;
        this.trainers = trainers;
        this.sample = sample;
        this.memoryLimit = memoryLimit;
        this.progress = progress;
        limitNanos = timeLimit.toNanos();
    }

    private boolean isOver(double share) {
        return System.nanoTime() - start > share * limitNanos;
    }

    /** Tries candidates in their order; at least one. */
    List<Trial> run(List<Candidate> candidates) {
        List<Trial> trials = new ArrayList<>();
        Candidate smallest = candidates.get(0);
        warmUp(smallest);
        for (Candidate candidate : candidates) {
            // A choice that does not know the whole batch could be slower than native training.
            Trial trial = trials.isEmpty() || candidate.isWhole() || !isOver(BEFORE_DUEL)
                    ? tryOut(candidate, trials, (BEFORE_DUEL - TO_WARM_UP) * limitNanos / candidates.size())
                    : without(candidate, Trial.Outcome.NOT_TRIED, 0);
            trials.add(trial);
            tell(candidate, trial);
        }
        return trials.stream().anyMatch(Trial::isMeasured) ? duel(trials) : trials;
    }

    private void warmUp(Candidate candidate) {
        try (var trainer = trainer(candidate)) {
            do {
                trainer.fit(sample);
            } while (!isOver(TO_WARM_UP));
        } catch (RuntimeException | Error e) {
            if (!MemoryShortage.isReasonOf(e)) {
                throw e;
            }
        } finally {
            free();
        }
    }

    /** @param share nanoseconds that it may take, but for steps that have to be taken */
    private Trial tryOut(Candidate candidate, List<Trial> before, double share) {
        List<Trial> same = before.stream()
                .filter(trial -> trial.parallelism() == candidate.parallelism())
                .toList();
        if (same.stream().anyMatch(trial -> trial.outcome() == Trial.Outcome.TOO_LARGE)
                || foreseen(candidate, same) > memoryLimit) {
            return without(candidate, Trial.Outcome.TOO_LARGE, 0);
        }
        long begin = System.nanoTime();
        try (var trainer = trainer(candidate)) {
            long peak = peakOf(trainer);
            return peak > memoryLimit
                    ? without(candidate, Trial.Outcome.TOO_LARGE, peak)
                    : measured(candidate, time(trainer, MOST_TIMED_STEPS, begin + (long) share), peak);
        } catch (RuntimeException | Error e) {
            if (!MemoryShortage.isReasonOf(e)) {
                throw e;
            }
            return without(candidate, Trial.Outcome.TOO_LARGE, 0);
        } finally {
            free();
        }
    }

    /**
     * Extends the line through the two largest sizes with the same workers: memory grows with the micro-batch, from
     * what the process takes anyway.
     */
    private static long foreseen(Candidate candidate, List<Trial> same) {
        List<Trial> known = same.stream().filter(Trial::isMeasured).toList();
        if (known.size() < 2) {
            return 0;
        }
        Trial last = known.get(known.size() - 1);
        Trial previous = known.get(known.size() - 2);
        double slope = Math.max(0, last.peakBytes() - previous.peakBytes())
                / (double) (last.microBatchSize() - previous.microBatchSize());
        return last.peakBytes() + (long) (slope * (candidate.microBatchSize() - last.microBatchSize()));
    }

    /**
     * The fastest and the whole batch take turns, since what a machine does changes while it is measured; if another
     * one is then the fastest, that one does.
     */
    private List<Trial> duel(List<Trial> trials) {
        int whole = whole(trials);
        Set<Integer> timedAgain = new HashSet<>();
        List<Trial> known = new ArrayList<>(trials);
        while (whole >= 0 && !isOver(1)) {
            int best = best(known);
            if (best == whole || !timedAgain.add(best)) {
                break;
            }
            List<Double> ofBest = new ArrayList<>();
            List<Double> ofWhole = new ArrayList<>();
            for (int round = 0; round < ROUNDS_OF_DUEL && (round == 0 || !isOver(1)); round++) {
                ofBest.add(timeAgain(known.get(best)));
                ofWhole.add(timeAgain(known.get(whole)));
            }
            known.set(best, again(known.get(best), median(ofBest)));
            known.set(whole, again(known.get(whole), median(ofWhole)));
        }
        return known;
    }

    private int whole(List<Trial> trials) {
        return IntStream.range(0, trials.size())
                .filter(i -> trials.get(i).isMeasured() && trials.get(i).microBatchSize() == examples())
                .findFirst()
                .orElse(-1);
    }

    /** That of the report, which prefers the whole batch. */
    private int best(List<Trial> trials) {
        TuningReport.Best best = new TuningReport(examples(), memoryLimit, trials).best();
        int size = best.microBatchSize().orElse(examples());
        return IntStream.range(0, trials.size())
                .filter(i -> trials.get(i).isMeasured()
                        && trials.get(i).microBatchSize() == size
                        && trials.get(i).parallelism() == best.parallelism())
                .findFirst()
                .orElseThrow();
    }

    private double timeAgain(Trial trial) {
        Candidate candidate =
                new Candidate(trial.microBatchSize(), trial.parallelism(), trial.microBatchSize() == examples());
        try (var trainer = trainer(candidate)) {
            for (int i = 0; i < STEPS_TO_SETTLE; i++) {
                trainer.fit(sample);
            }
            double milliseconds = time(trainer, MOST_TIMED_STEPS / ROUNDS_OF_DUEL, start + (long) limitNanos);
            progress.accept(String.format(Locale.ROOT, "%s, once more: %.2f ms for a step", candidate, milliseconds));
            return milliseconds;
        } finally {
            free();
        }
    }

    private GradientAccumulationTrainer trainer(Candidate candidate) {
        Network copy = Replica.detached(network);
        copy.copyUpdaterState(network);
        return candidate.applyTo(trainers.apply(copy)).build();
    }

    private long peakOf(GradientAccumulationTrainer trainer) {
        try (var memory = new ResidentMemory()) {
            for (int i = 0; i < STEPS_TO_SETTLE; i++) {
                trainer.fit(sample);
            }
            return memory.peak();
        }
    }

    /** Returns the median time of at least one step, in milliseconds. */
    private double time(GradientAccumulationTrainer trainer, int steps, long end) {
        List<Double> times = new ArrayList<>();
        do {
            long before = System.nanoTime();
            trainer.fit(sample);
            times.add((System.nanoTime() - before) / 1e6);
        } while (times.size() < steps && System.nanoTime() < end);
        return median(times);
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static void free() {
        PassWorkspaces.free();
        MemoryShortage.collectGarbage();
    }

    private static Trial measured(Candidate candidate, double milliseconds, long peak) {
        return new Trial(
                candidate.microBatchSize(), candidate.parallelism(), Trial.Outcome.MEASURED, milliseconds, peak);
    }

    private static Trial again(Trial trial, double milliseconds) {
        return new Trial(trial.microBatchSize(), trial.parallelism(), trial.outcome(), milliseconds, trial.peakBytes());
    }

    private static Trial without(Candidate candidate, Trial.Outcome outcome, long peak) {
        return new Trial(candidate.microBatchSize(), candidate.parallelism(), outcome, Double.NaN, peak);
    }

    private void tell(Candidate candidate, Trial trial) {
        progress.accept(candidate + ": "
                + switch (trial.outcome()) {
                    case MEASURED ->
                        String.format(
                                Locale.ROOT,
                                "%.2f ms for a step, %.0f MB resident at most",
                                trial.millisecondsPerStep(),
                                trial.peakBytes() / MEGA);
                    case TOO_LARGE -> "more memory than the limit";
                    case NOT_TRIED -> "not tried, the time was up";
                });
    }

    private int examples() {
        return Math.toIntExact(sample.getFeatures(0).size(0));
    }
}
