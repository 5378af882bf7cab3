/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The programs run and print tables of numbers; how large these are is no business of a test. */
class BenchmarksTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    /** JMH allows one run on a machine at a time; here nothing depends on the times. */
    @BeforeAll
    static void runBesidesOthers() {
        System.setProperty("jmh.ignoreLock", "true");
    }

    @Tag("slow")
    @Test
    void stepTimePrintsARowOfPositiveNumbers() {
        StepTime.run(new Settings("networks=LSTM", "effective=4", "micro=2", "rounds=1", "warmup=0"), out);

        assertTable(1, 1);
    }

    @Tag("slow")
    @Test
    void overheadPrintsARowOfPositiveNumbers() {
        Overhead.run(new Settings("networks=LENET", "effective=4", "micro=2", "rounds=2", "warmup=0"), out);

        assertTable(1, 1);
    }

    @Tag("slow")
    @Test
    void growthPrintsARowOfPositiveNumbers() {
        Growth.run(
                new Settings("networks=LENET", "ways=TRAINER_2", "micro=2", "ks=1,2,3", "rounds=1", "warmup=0"), out);

        assertTable(1, 2);
    }

    @Tag("slow")
    @Test
    void tunedPrintsARowOfPositiveNumbersForEachNetwork() {
        Tuned.run(new Settings("effective=4", "rounds=1", "warmup=0"), out);

        assertTable(3, 1);
    }

    @Tag("slow")
    @Test
    void saveTimePrintsARowOfPositiveNumbers() throws Exception {
        SaveTime.run(new Settings("networks=LENET", "rounds=1", "warmup=0"), out);

        assertTable(1, 1);
    }

    @Tag("slow")
    @Test
    void denseProductsPrintARowOfPositiveNumbers() {
        DenseProducts.run(new Settings("micro=1", "rounds=1", "warmup=0"), out);

        assertTable(1, 0);
    }

    @Tag("slow")
    @Test
    void updaterCostPrintsARowOfPositiveNumbersForEachUpdater() {
        UpdaterCost.run(new Settings("updaters=RAdam,Lion", "rounds=1", "warmup=0"), out);

        assertTable(2, 1);
    }

    @Tag("slow")
    @Test
    @EnabledOnOs(OS.LINUX)
    void peakMemoryPrintsARowOfPositiveNumbersForEachWay() throws Exception {
        PeakMemory.run(new Settings("networks=LENET", "ways=TRAINER_2", "micro=2", "effective=4"), out);

        assertTable(3, 2);
    }

    @Test
    void ratiosAreMediansOverTheRounds() {
        Task fast = new Task(Workload.MLP, Way.TRAINER_2, 1, 2);
        Task slow = new Task(Workload.MLP, Way.TRAINER_1, 1, 2);
        Rounds<Task> odd = new Rounds<>(
                List.of(fast, slow), List.of(new double[] {1, 2}, new double[] {10, 50}, new double[] {3, 9}));
        Rounds<Task> even = new Rounds<>(List.of(fast, slow), List.of(new double[] {1, 2}, new double[] {3, 12}));

        assertThat(odd.milliseconds(fast)).isEqualTo(3);
        assertThat(odd.ratio(slow, fast)).isEqualTo(3);
        assertThat(odd.speed(fast, slow)).isEqualTo(3);
        assertThat(even.ratio(slow, fast)).isEqualTo(3);
    }

    @Test
    void tasksTakeTurnsThereAndBack() {
        assertThat(IntStream.range(0, 9).map(i -> InterleavedBenchmark.turn(i, 3)))
                .containsExactly(0, 1, 2, 2, 1, 0, 0, 1, 2);
    }

    @Test
    void quartilesLeaveAQuarterOfTheRoundsOnEachSide() {
        Task one = new Task(Workload.MLP, Way.TRAINER_1, 1, 2);
        Task other = new Task(Workload.MLP, Way.BARE_PASSES, 1, 2);
        Rounds<Task> rounds = new Rounds<>(
                List.of(one, other),
                Stream.of(4, 8, 1, 2, 3, 5, 7, 6)
                        .map(time -> new double[] {time, 1})
                        .toList());

        assertThat(rounds.quartiles(one, other)).containsExactly(3, 6);
    }

    @Test
    void cellsThatAreMissingArePrintedEmpty() {
        new MarkdownTable(out, List.of("a", "b", "c")).row(List.of("1"));

        assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
                .containsExactly("| a | b | c |", "| --- | --- | --- |", "| 1 |  |  |");
    }

    @Test
    void tasksSurviveTheirTextForm() {
        Task task = new Task(Workload.LENET, Way.NATIVE_WHOLE, 32, 256);

        assertThat(task).hasToString("LENET:NATIVE_WHOLE:32:256");
        assertThat(Task.parse(task.toString())).isEqualTo(task);
    }

    @Test
    void wrongArgumentsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Settings("fulll"))
                .withMessageEndingWith("got 'fulll'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Settings("size=3"))
                .withMessageEndingWith("got 'size=3'");
        assertThatIllegalArgumentException().isThrownBy(() -> Task.parse("MLP:TRAINER_1:32"));
        assertThatIllegalArgumentException().isThrownBy(() -> new Task(Workload.MLP, Way.TRAINER_1, 32, 16));
    }

    /** A line about the machine, an empty line, headings, dashes, rows; after some words, all cells are numbers. */
    private void assertTable(int rows, int columnsOfWords) {
        List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines).hasSize(4 + rows);
        assertThat(lines.get(0)).startsWith("Measured on: ").contains("OMP_NUM_THREADS");
        int columns = cells(lines.get(2)).size();
        assertThat(lines.subList(4, lines.size())).allSatisfy(line -> {
            assertThat(cells(line)).hasSize(columns);
            assertThat(cells(line).subList(columnsOfWords, columns))
                    .allSatisfy(cell ->
                            assertThat(Double.parseDouble(cell)).isFinite().isNotNegative());
        });
    }

    private static List<String> cells(String row) {
        return Arrays.stream(row.substring(1, row.length() - 1).split("\\|"))
                .map(String::strip)
                .toList();
    }
}
