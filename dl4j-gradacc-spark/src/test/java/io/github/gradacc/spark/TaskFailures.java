/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** Counts tasks that ended, and those that failed. */
final class TaskFailures extends SparkListener {

    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    @Override
    public void onTaskEnd(SparkListenerTaskEnd task) {
        ended.incrementAndGet();
        if (!task.taskInfo().successful()) {
            failed.incrementAndGet();
        }
    }

    int ended() {
        return ended.get();
    }

    int failed() {
        return failed.get();
    }
}
