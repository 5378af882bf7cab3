/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.dl4j.Network;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Several passes at a time: the calling thread goes through the network itself, every further worker through a replica
 * that shares the network's parameters. Each uses one native thread.
 *
 * <p>Results are taken in the order of the passes, whoever is ready first. So every bit is that of
 * {@link SequentialPasses} with one native thread.
 */
final class ParallelPasses implements PassRunner {

    private final Network network;
    private final PassMaker maker;
    private final int helpers;
    private final IntFunction<PassMaker> replicate;
    private final List<Worker> workers = new ArrayList<>();
    private long parameters;

    /**
     * Makes the first replica, which shows whether the network can have any; others, and threads, are made when a run
     * has passes for them.
     *
     * @param network the network that is trained
     * @param maker makes passes through it
     * @param helpers most replicas, at least 1
     * @param replicate makes passes through a new replica, given the number of its worker, from 1
     */
    ParallelPasses(Network network, PassMaker maker, int helpers, IntFunction<PassMaker> replicate) {
        this.network = network;
        this.maker = maker;
        this.helpers = helpers;
        this.replicate = replicate;
        parameters = addressOfParameters();
        worker(0);
    }

    @Override
    public void run(Iterator<Pass> passes, WindowTotal total) {
        if (!passes.hasNext()) {
            return;
        }
        dropOutdatedReplicas();
        OrderedPasses ordered = new OrderedPasses(passes, total);
        try (var oneEach = SingleNativeThread.claim()) {
            try {
                OrderedPasses.@Nullable Ticket first = ordered.next();
                startWorkers(ordered, total.keepsActivations());
                ordered.takeAll(first, pass -> {
                    PassMaker.stopIfInterrupted(pass);
                    return maker.make(pass, total.keepsActivations());
                });
            } catch (Throwable e) {
                // No replica or no thread to be had: the workers there are must not wait for a ticket that will not
                // come.
                ordered.fail(e);
            } finally {
                workers.forEach(Worker::await);
            }
        }
        ordered.rethrow();
    }

    private void startWorkers(OrderedPasses ordered, boolean keepsActivations) {
        for (int i = 0; i < helpers; i++) {
            OrderedPasses.@Nullable Ticket ticket = ordered.next();
            if (ticket == null) {
                return;
            }
            Worker worker = worker(i);
            worker.maker().follow(network);
            worker.start(own -> ordered.takeAll(ticket, pass -> own.make(pass, keepsActivations)));
        }
    }

    /** Replicas hold on to the parameter array; a network that was given another one needs new replicas. */
    private void dropOutdatedReplicas() {
        long current = addressOfParameters();
        if (current != parameters) {
            close();
            parameters = current;
        }
    }

    /** Returns a worker, made now if it is the first that is missing. */
    private Worker worker(int index) {
        if (index == workers.size()) {
            workers.add(new Worker(replicate.apply(index + 1), index + 1));
        }
        return workers.get(index);
    }

    /** Workspaces belong to threads. */
    @Override
    public void freeMemory() {
        maker.free();
        workers.forEach(worker -> worker.start(PassMaker::free));
        workers.forEach(Worker::await);
    }

    private long addressOfParameters() {
        return network.model().params().data().address();
    }

    @Override
    public void close() {
        workers.forEach(Worker::close);
        workers.clear();
    }
}
