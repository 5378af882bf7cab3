/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import java.util.Iterator;

/** One pass after the other, on the calling thread and through the network itself. */
final class SequentialPasses implements PassRunner {

    private final PassMaker maker;

    SequentialPasses(PassMaker maker) {
        this.maker = maker;
    }

    @Override
    public void run(Iterator<Pass> passes, WindowTotal total) {
        while (passes.hasNext()) {
            total.settle();
            Pass pass = passes.next();
            PassMaker.stopIfInterrupted(pass);
            total.add(maker.make(pass, total.keepsActivations()));
        }
    }

    @Override
    public void freeMemory() {
        maker.free();
    }

    /** Has neither threads nor memory of its own. */
    @Override
    public void close() {}
}
