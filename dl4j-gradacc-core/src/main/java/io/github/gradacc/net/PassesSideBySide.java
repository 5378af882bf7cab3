/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Several passes at a time: the calling thread goes through the network itself, every further worker through a replica that
 * shares the network's parameters. Each uses one native thread.
 *
 * <p>Results are taken in the order of the passes, whoever is ready first. So every bit is that of {@link PassesInARow} with
 * one native thread.
 */
final class PassesSideBySide implements PassRunner {

    private final Internals trained;
    private final GradientSource network;
    private final int helpers;
    private final Supplier<GradientSource> replicate;
    private final List<Worker> workers = new ArrayList<>();
    private long parameters;

    /**
     * Makes the first replica, which shows whether the network can have any; others, and threads, are made when a run has
     * passes for them.
     *
     * @param trained the network
     * @param network makes passes through it
     * @param helpers most replicas, at least 1
     * @param replicate makes passes through a new replica
     */
    PassesSideBySide(Internals trained, GradientSource network, int helpers, Supplier<GradientSource> replicate) {
        this.trained = trained;
        this.network = network;
        this.helpers = helpers;
        this.replicate = replicate;
        parameters = addressOfParameters();
        worker(0);
    }

    @Override
    public void run(Iterator<Pass> passes, boolean keepsActivations, GradientSink sink, Consumer<PassResult> taker) {
        if (!passes.hasNext()) {
            return;
        }
        dropStrangers();
        Turns turns = new Turns(passes, result -> {
            taker.accept(result);
            sink.makeRoom();
        });
        try (var oneEach = SingleNativeThread.claim()) {
            sink.makeRoom();
            try {
                Turns.@Nullable Turn first = turns.next();
                for (int i = 0; i < helpers; i++) {
                    Turns.@Nullable Turn turn = turns.next();
                    if (turn == null) {
                        break;
                    }
                    Worker worker = worker(i);
                    worker.source().follow(trained);
                    worker.start(source -> turns.takeAll(turn, pass -> source.run(pass, sink, keepsActivations)));
                }
                turns.takeAll(first, pass -> {
                    sink.beforePass(pass);
                    return network.run(pass, sink, keepsActivations);
                });
            } catch (Throwable e) {
                // No replica or no thread to be had: those there are must not wait for a turn that will not come.
                turns.fail(e);
            } finally {
                workers.forEach(Worker::await);
            }
        }
        turns.rethrow();
    }

    /** Replicas hold on to the parameter array; a network that was given another one needs new replicas. */
    private void dropStrangers() {
        long current = addressOfParameters();
        if (current != parameters) {
            close();
            parameters = current;
        }
    }

    /** Returns a worker, made now if it is the first that is missing. */
    private Worker worker(int index) {
        if (index == workers.size()) {
            workers.add(new Worker(replicate.get(), index + 1));
        }
        return workers.get(index);
    }

    private long addressOfParameters() {
        return trained.model().params().data().address();
    }

    @Override
    public void close() {
        workers.forEach(Worker::close);
        workers.clear();
    }
}
