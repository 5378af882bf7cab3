/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.util.List;

/**
 * What is measured: a network that goes through a batch in one way.
 *
 * <p>Its text form passes it to another process: {@code LENET:TRAINER_2:32:256}.
 */
record Task(Workload workload, Way way, int microBatch, int effectiveBatch) {

    Task {
        if (microBatch < 1 || effectiveBatch < microBatch) {
            throw new IllegalArgumentException("1 <= micro-batch <= effective batch is needed, got a micro-batch of "
                    + microBatch + " and an effective batch of " + effectiveBatch);
        }
    }

    static Task parse(String text) {
        List<String> parts = List.of(text.split(":", -1));
        if (parts.size() != 4) {
            throw new IllegalArgumentException("A task is NETWORK:WAY:MICRO:EFFECTIVE, got '" + text + "'");
        }
        return new Task(
                Workload.valueOf(parts.get(0)),
                Way.valueOf(parts.get(1)),
                Integer.parseInt(parts.get(2)),
                Integer.parseInt(parts.get(3)));
    }

    /** Makes a new network and new data, and prepares to run. */
    Way.Work prepare() {
        return way.prepare(workload.network(), workload.data(effectiveBatch), microBatch);
    }

    @Override
    public String toString() {
        return workload.name() + ":" + way.name() + ":" + microBatch + ":" + effectiveBatch;
    }
}
