/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.train.ShareWorker;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.memory.MemoryWorkspaceManager;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A worker with a thread of its own. ND4J keeps workspaces for each thread that computes: on Spark's pooled threads
 * they would pile up.
 */
final class WorkerThread implements AutoCloseable {

    private final String trainer;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread started = new Thread(() -> runThenFree(task), "gradacc-share");
        started.setDaemon(true);
        return started;
    });
    private @Nullable ShareWorker worker;
    private long idleSince;

    WorkerThread(Model model) {
        trainer = model.trainer();
    }

    boolean serves(Model model) {
        return belongsTo(model.trainer());
    }

    boolean belongsTo(String other) {
        return trainer.equals(other);
    }

    void rest() {
        idleSince = System.nanoTime();
    }

    long idleNanos() {
        return System.nanoTime() - idleSince;
    }

    /**
     * Works, and returns when that has ended: an interrupt ends it before its next pass.
     *
     * @param without what is returned where the network cannot be made, for the reason that it is given
     */
    <T> T call(Model model, Function<ShareWorker, T> work, Function<Throwable, T> without) {
        ClassLoader classes = Thread.currentThread().getContextClassLoader();
        Callable<T> task = () -> {
            Thread.currentThread().setContextClassLoader(classes);
            ShareWorker ready;
            try {
                ready = worker(model);
            } catch (RuntimeException | LinkageError e) {
                // A class that is missing here, or of another version: it will be so the next time.
                return without.apply(e);
            }
            return work.apply(ready);
        };
        WorkerRun<T> run = new WorkerRun<>(task);
        Future<?> future = thread.submit(run);
        try {
            future.get();
        } catch (InterruptedException e) {
            run.interrupt();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("The task was interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("A worker failed outside of its work", e);
        }
        return run.result();
    }

    private ShareWorker worker(Model model) {
        ShareWorker present = worker;
        if (present == null) {
            present = new ShareWorker(model.blueprint(), model.parameters(), model.settings());
            worker = present;
        }
        return present;
    }

    @Override
    public void close() {
        thread.execute(() -> {
            if (worker != null) {
                worker.close();
            }
        });
        thread.shutdown();
    }

    private static void runThenFree(Runnable task) {
        try {
            task.run();
        } finally {
            MemoryWorkspaceManager manager = Nd4j.getWorkspaceManager();
            manager.getAllWorkspacesForCurrentThread().forEach(manager::destroyWorkspace);
        }
    }
}
