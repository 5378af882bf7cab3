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
 * Measures several tasks in one process, interleaved: JMH's iterations 0 to n - 1 run each task once, in order,
 * iterations n to 2n - 1 run them in reverse, and so on, so that no task always follows the same one.
 *
 * <p>Whatever drifts on the machine affects all tasks alike, and ratios may be taken round by round. {@link Rounds}
 * runs this class. It is public because JMH requires that.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class InterleavedBenchmark {

    /** The tasks' text forms, with commas between them. */
    @Param("")
    public String tasks = "";

    /** For how many seconds the tasks take turns before measuring starts; each runs at least once. */
    @Param("0")
    public int warmUpSeconds;

    private final List<Way.Work> works = new ArrayList<>();
    private int iteration = -1;

    /** For JMH. */
    public InterleavedBenchmark() {}

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
     * Returns the index of the task whose turn it is.
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
