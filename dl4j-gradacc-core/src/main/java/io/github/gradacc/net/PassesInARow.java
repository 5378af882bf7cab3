/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import java.util.Iterator;
import java.util.function.Consumer;

/** One pass after the other, on the calling thread and through the network itself. */
final class PassesInARow implements PassRunner {

    private final GradientSource network;

    PassesInARow(GradientSource network) {
        this.network = network;
    }

    @Override
    public void run(Iterator<Pass> passes, boolean keepsActivations, GradientSink sink, Consumer<PassResult> taker) {
        while (passes.hasNext()) {
            Pass pass = passes.next();
            sink.beforePass(pass);
            sink.makeRoom();
            taker.accept(network.run(pass, sink, keepsActivations));
        }
    }

    /** Has neither threads nor memory of its own. */
    @Override
    public void close() {}
}
