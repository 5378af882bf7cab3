/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.util.concurrent.TimeoutException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;

/** Counts the tasks of a context that start, that fail, and that are speculative copies, until it is closed. */
final class TaskWatch extends SparkListener implements AutoCloseable {

    private final JavaSparkContext context;
    private int started;
    private int failed;
    private int copies;

    TaskWatch(JavaSparkContext context) {
        this.context = context;
        context.sc().addSparkListener(this);
    }

    @Override
    public synchronized void onTaskStart(SparkListenerTaskStart start) {
        started++;
        if (start.taskInfo().speculative()) {
            copies++;
        }
    }

    @Override
    public synchronized void onTaskEnd(SparkListenerTaskEnd end) {
        if (!end.taskInfo().successful()) {
            failed++;
        }
    }

    int started() throws TimeoutException {
        settle();
        return started;
    }

    int failed() throws TimeoutException {
        settle();
        return failed;
    }

    int copies() throws TimeoutException {
        settle();
        return copies;
    }

    /** Listeners are told on a thread of their own. */
    private void settle() throws TimeoutException {
        context.sc().listenerBus().waitUntilEmpty();
    }

    @Override
    public void close() {
        context.sc().removeSparkListener(this);
    }
}
