/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.train.ShareWorker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.Function;

/**
 * The workers of an executor's process, kept from step to step: a network, its gradient array and the workspaces of a
 * thread are made once for each task that runs beside others. This has to belong to the process, since Spark makes a
 * new object of every task.
 */
final class Workers {

    /** A trainer that has not come back for so long has probably ended. */
    private static final long FORGOTTEN = Duration.ofMinutes(10).toNanos();

    /** Looked at before the first pass of the process. */
    private static final WorkerKind KIND = WorkerKind.look();

    /** As many as may work at the same time; each holds a network, its gradient and its sum. */
    private static final int MOST_IDLE = Math.max(2, Runtime.getRuntime().availableProcessors());

    private static final Deque<WorkerThread> IDLE = new ArrayDeque<>();

    private Workers() {}

    /**
     * Lets a worker that no other task uses meanwhile do some work, on its own thread.
     *
     * @param without what is returned where the network cannot be made, for the reason that it is given
     */
    static <T> T with(Model model, Function<ShareWorker, T> work, Function<Throwable, T> without) {
        WorkerThread worker = borrow(model);
        boolean isWhole = false;
        try {
            T result = worker.call(model, work, without);
            isWhole = true;
            return result;
        } finally {
            if (isWhole) {
                giveBack(worker);
            } else {
                worker.close();
            }
        }
    }

    /** Returns the kind of this process. */
    static WorkerKind kind() {
        return KIND;
    }

    private static WorkerThread borrow(Model model) {
        WorkerThread found = null;
        Deque<WorkerThread> forgotten = new ArrayDeque<>();
        synchronized (IDLE) {
            for (Iterator<WorkerThread> idle = IDLE.iterator(); idle.hasNext(); ) {
                WorkerThread each = idle.next();
                if (found == null && each.serves(model)) {
                    found = each;
                    idle.remove();
                } else if (each.idleNanos() > FORGOTTEN) {
                    forgotten.add(each);
                    idle.remove();
                }
            }
        }
        forgotten.forEach(WorkerThread::close);
        return found == null ? new WorkerThread(model) : found;
    }

    /** Trainers that were closed on the driver are not known here: of theirs, the longest idle go first. */
    private static void giveBack(WorkerThread worker) {
        worker.rest();
        WorkerThread oldest = null;
        synchronized (IDLE) {
            IDLE.push(worker);
            if (IDLE.size() > MOST_IDLE) {
                oldest = IDLE.removeLast();
            }
        }
        if (oldest != null) {
            oldest.close();
        }
    }

    /** Ends the workers that serve a trainer, as far as they are idle and in this process. */
    static void dismiss(String trainer) {
        Deque<WorkerThread> dismissed = new ArrayDeque<>();
        synchronized (IDLE) {
            IDLE.removeIf(each -> each.belongsTo(trainer) && dismissed.add(each));
        }
        dismissed.forEach(WorkerThread::close);
    }
}
