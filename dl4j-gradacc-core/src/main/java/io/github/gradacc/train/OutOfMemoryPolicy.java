/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/** What happens when a forward and backward pass fails because there is not enough memory. */
public enum OutOfMemoryPolicy {
    /** The error reaches the caller, and the window is discarded. */
    FAIL,

    /**
     * Its examples are computed in halves, and in halves of these, down to single examples; a single example that does
     * not fit ends as with {@link #FAIL}.
     *
     * <pre>
     *   b := microBatchSize, or the whole batch
     *   when a pass over n examples fails for lack of memory:
     *       free the workspaces of all workers, what the pass left in the layers, and garbage
     *       b := n / 2, rounded up; cut the micro-batches of the window that are not in the sum yet accordingly
     *       go on with the pass that failed
     *   after 100 windows without a failure:
     *       b := 2 b, until it is where it was
     *   when b has been raised and a pass fails again: wait for twice as many windows next time, at most 12,800
     * </pre>
     *
     * <p>What is in the sum stays in it, so the step is that of the same micro-batches chosen from the start. It equals
     * the big batch's unless something in the network depends on the micro-batch (batch normalization, dropout): then
     * there is a warning. Nothing can be cut if the network takes stacked inputs apart ({@code UnstackVertex}).
     *
     * <p>Meant are: the Java heap; JavaCPP's limit on the resident memory of the process
     * ({@code org.bytedeco.javacpp.maxphysicalbytes}, by default four times the heap); and allocations that the
     * operating system refuses. Where it kills the process instead of refusing, nothing can be done: set a limit.
     */
    HALVE
}
