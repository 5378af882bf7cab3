/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.memory.MemoryWorkspaceManager;
import org.nd4j.linalg.factory.Nd4j;

/** A replica with a thread of its own, which keeps the replica's workspaces from run to run. */
final class Worker implements AutoCloseable {

    private final PassMaker maker;
    private final ExecutorService executor;
    private @Nullable Thread thread;
    private @Nullable Future<?> running;

    Worker(PassMaker maker, int number) {
        this.maker = maker;
        executor = Executors.newSingleThreadExecutor(task -> {
            Thread made = new Thread(() -> runThenFree(task), "gradacc-worker-" + number);
            made.setDaemon(true);
            thread = made;
            return made;
        });
    }

    PassMaker maker() {
        return maker;
    }

    /** Starts work, which must not throw. */
    void start(Consumer<PassMaker> work) {
        running = executor.submit(() -> work.accept(maker));
    }

    /** Waits for the work to end. Not interruptible: the caller must not go on while arrays are being written. */
    void await() {
        Future<?> work = running;
        running = null;
        if (work != null) {
            uninterruptibly(work::get);
        }
    }

    /** Ends the thread, and returns when it has ended. */
    @Override
    public void close() {
        await();
        executor.shutdown();
        Thread started = thread;
        if (started != null) {
            uninterruptibly(() -> {
                started.join();
                return started;
            });
        }
    }

    private static void uninterruptibly(Callable<?> wait) {
        boolean interrupted = false;
        boolean done = false;
        while (!done) {
            try {
                wait.call();
                done = true;
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (Exception e) {
                throw new IllegalStateException("A worker failed outside of its passes", e);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** One by one: ND4J's way of freeing all at once asks for a full collection of garbage after it. */
    private static void freeWorkspaces() {
        MemoryWorkspaceManager manager = Nd4j.getWorkspaceManager();
        manager.getAllWorkspacesForCurrentThread().forEach(manager::destroyWorkspace);
    }

    private static void runThenFree(Runnable task) {
        try {
            SingleNativeThread.here();
            task.run();
        } finally {
            freeWorkspaces();
        }
    }
}
