/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import java.util.Iterator;

/** Makes the passes of a run and adds their results in the order of the passes. */
interface PassRunner extends AutoCloseable {

    /**
     * Makes the passes.
     *
     * @param passes cut from the data one at a time, when a thread is free to make the next one
     * @param total where the results go
     * @throws PassException if a pass fails or its gradient is not finite, or if the thread is interrupted
     */
    void run(Iterator<Pass> passes, WindowTotal total);

    /** Frees the memory that passes keep for the next ones, garbage not included; between two runs only. */
    void freeMemory();

    @Override
    void close();
}
