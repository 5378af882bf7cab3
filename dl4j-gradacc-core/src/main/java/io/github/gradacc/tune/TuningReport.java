/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.tune;

import io.github.gradacc.train.TunedSetting;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What micro-batch sizes and workers cost in time and memory.
 *
 * @param examples number of examples of the sample
 * @param memoryLimit most resident memory of the process, in bytes
 * @param trials what was tried, in its order; at least one was measured
 */
public record TuningReport(int examples, long memoryLimit, List<Trial> trials) implements TunedSetting {

    /**
     * Of times that differ by less the one with the whole batch is taken: they are the same within the noise of a short
     * measurement, and it is what native training does.
     */
    private static final double SAME = 0.03;

    private static final double MEGA = 1024 * 1024;

    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if nothing was measured
     */
    public TuningReport {
        trials = List.copyOf(trials);
        if (trials.stream().noneMatch(Trial::isMeasured)) {
            throw new IllegalArgumentException("A report has at least one trial that was measured, got " + trials);
        }
    }

    /**
     * A setting, and why it was chosen.
     *
     * @param microBatchSize most examples of a micro-batch; empty to leave batches whole
     * @param parallelism number of workers
     * @param reason a sentence
     */
    public record Best(OptionalInt microBatchSize, int parallelism, String reason) implements TunedSetting {}

    /** Returns the best setting for windows as large as the sample. */
    public Best best() {
        return bestFor(examples);
    }

    /**
     * Returns the best setting for windows of one batch of another size. Their times are estimated from those measured:
     * passes of equal size take equal time, and as many are made at once as there are workers.
     *
     * @param effectiveBatch number of examples, at least 1
     */
    public Best bestFor(int effectiveBatch) {
        if (effectiveBatch < 1) {
            throw new IllegalArgumentException("A batch has at least 1 example, got " + effectiveBatch);
        }
        Trial fastest = trials.stream()
                .filter(Trial::isMeasured)
                .min(Comparator.comparingDouble(trial -> trial.milliseconds(effectiveBatch, examples)))
                .orElseThrow();
        Optional<Trial> whole = whole(effectiveBatch);
        double least = fastest.milliseconds(effectiveBatch, examples);
        return whole.filter(trial -> trial.milliseconds(effectiveBatch, examples) <= least * (1 + SAME))
                .map(trial -> new Best(OptionalInt.empty(), 1, wholeReason(trial, effectiveBatch)))
                .orElseGet(() -> new Best(
                        OptionalInt.of(fastest.microBatchSize()),
                        fastest.parallelism(),
                        reason(fastest, effectiveBatch, whole)));
    }

    /** The sample as one micro-batch, if it fits and the batch is not larger. */
    private Optional<Trial> whole(int effectiveBatch) {
        return trials.stream()
                .filter(trial -> trial.isMeasured() && trial.parallelism() == 1)
                .filter(trial -> trial.microBatchSize() == examples && effectiveBatch <= examples)
                .findFirst();
    }

    private String wholeReason(Trial trial, int effectiveBatch) {
        return String.format(
                Locale.ROOT,
                "The whole batch at a time, with all native threads: %.3g ms for each example, and nothing that was"
                        + " measured is faster by more than %.0f %%.%s",
                trial.milliseconds(effectiveBatch, examples) / effectiveBatch,
                100 * SAME,
                untried());
    }

    /** What might be better still, if there is any such. */
    private String untried() {
        long untried = trials.stream()
                .filter(trial -> trial.outcome() == Trial.Outcome.NOT_TRIED)
                .count();
        return untried == 0
                ? ""
                : String.format(
                        Locale.ROOT,
                        " The time was up before %d of %d settings were tried: allow more by timeLimit, or fewer by"
                                + " microBatchSizes.",
                        untried,
                        trials.size());
    }

    private String reason(Trial fastest, int effectiveBatch, Optional<Trial> whole) {
        double time = fastest.milliseconds(effectiveBatch, examples);
        return String.format(
                        Locale.ROOT,
                        "Micro-batches of %d, %d at a time: %.3g ms for each example, the least of all that were"
                                + " measured; ",
                        fastest.microBatchSize(),
                        fastest.parallelism(),
                        time / effectiveBatch)
                + whole.map(trial -> String.format(
                                Locale.ROOT,
                                "the whole batch at a time takes %.2f times as long.",
                                trial.milliseconds(effectiveBatch, examples) / time))
                        .orElse("the whole batch was not measured, or does not fit.")
                + untried();
    }

    /** Returns that of {@link #best()}. */
    @Override
    public OptionalInt microBatchSize() {
        return best().microBatchSize();
    }

    /** Returns that of {@link #best()}. */
    @Override
    public int parallelism() {
        return best().parallelism();
    }

    /** Returns the table, and the best setting with its reason. */
    @Override
    public String toString() {
        String end = System.lineSeparator();
        StringBuilder table = new StringBuilder("%11s %7s %10s %14s %16s"
                        .formatted("micro-batch", "workers", "ms/step", "ms/example", "peak memory, MB"))
                .append(end);
        for (Trial trial : trials) {
            table.append(String.format(Locale.ROOT, "%11d %7d", trial.microBatchSize(), trial.parallelism()))
                    .append(figures(trial))
                    .append(end);
        }
        return table.append(best().reason()).toString();
    }

    private String figures(Trial trial) {
        return switch (trial.outcome()) {
            case MEASURED ->
                String.format(
                        Locale.ROOT,
                        " %10.2f %14.4f %16.0f",
                        trial.millisecondsPerStep(),
                        trial.millisecondsPerStep() / examples,
                        trial.peakBytes() / MEGA);
            case TOO_LARGE -> "  more memory than the limit";
            case NOT_TRIED -> "  not tried, the time was up";
        };
    }
}
