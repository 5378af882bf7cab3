/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Several tasks that take turns in one process, there and back: iterations 0 to n - 1 of JMH measure the tasks in their order,
 * once each, iterations n to 2n - 1 in the opposite order, and so on. So no task always follows the same other one.
 *
 * <p>So whatever drifts on the machine meets all tasks alike, and ratios may be taken round by round. {@link Rounds} runs
 * it. Public because JMH wants it so.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class TurnsBenchmark {

    /** The tasks' text forms, with commas between them. */
    @Param("")
    public String tasks = "";

    /** For how many seconds the tasks take turns before the first one is measured; at least once. */
    @Param("0")
    public int warmUpSeconds;

    private final List<Way.Work> works = new ArrayList<>();
    private int iteration = -1;

    /** For JMH. */
    public TurnsBenchmark() {}

    /** Makes the networks and their data, and warms up. */
    @Setup(Level.Trial)
    public void prepare() {
        Arrays.stream(tasks.split(",")).map(Task::parse).map(Task::prepare).forEach(works::add);
        long start = System.nanoTime();
        do {
            works.forEach(Way.Work::run);
        } while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(warmUpSeconds));
    }

    /** Passes the turn to the next task. */
    @Setup(Level.Iteration)
    public void next() {
        iteration++;
    }

    /**
     * Returns which task has a turn.
     *
     * @param iteration number of the iteration, from 0
     * @param tasks number of tasks
     */
    static int turn(int iteration, int tasks) {
        int place = iteration % tasks;
        boolean there = iteration / tasks % 2 == 0;
        return there ? place : tasks - 1 - place;
    }

    /** What is timed. */
    @Benchmark
    public void run() {
        works.get(turn(iteration, works.size())).run();
    }

    /** Closes the trainers. */
    @TearDown(Level.Trial)
    public void close() {
        works.forEach(Way.Work::close);
    }
}
