/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import java.util.Iterator;
import java.util.function.Consumer;

/** Makes the passes of a run and hands over their results in the order of the passes. */
interface PassRunner extends AutoCloseable {

    /**
     * Makes the passes.
     *
     * @param passes asked for the next one when there is someone to make it
     * @param keepsActivations whether to copy the activations of the forward passes
     * @param sink checks and failures go there, and it is told when to make room
     * @param taker gets the results
     */
    void run(Iterator<Pass> passes, boolean keepsActivations, GradientSink sink, Consumer<PassResult> taker);

    @Override
    void close();
}
