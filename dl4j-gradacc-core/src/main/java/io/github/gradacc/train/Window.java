/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.batch.WindowData;
import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.MicroGradient;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** The window that is being filled: its sum, its data and how many batches it still takes. */
final class Window implements AutoCloseable {

    private final GradientSum sum = new GradientSum();
    private final WindowData data = new WindowData();
    private @Nullable MultiDataSet lastBatch;
    private boolean keepsData;
    private int size;
    private int batches;
    private int openedAt;

    boolean isOpen() {
        return batches > 0;
    }

    boolean isFull() {
        return batches >= size;
    }

    int batches() {
        return batches;
    }

    /** Returns the iteration at which the window was opened. */
    int openedAt() {
        return openedAt;
    }

    GradientSum sum() {
        return sum;
    }

    /**
     * Starts a window.
     *
     * @param size number of batches it takes
     * @param iteration the step it is for
     * @param keepsData whether someone will look at its data as a whole
     */
    void open(int size, int iteration, boolean keepsData) {
        this.size = size;
        this.openedAt = iteration;
        this.keepsData = keepsData;
    }

    /** Adds the data of a batch whose gradients are added next. */
    void add(MultiDataSet batch) {
        batches++;
        lastBatch = batch;
        if (keepsData) {
            data.add(batch);
        }
    }

    void add(MicroGradient gradient) {
        sum.add(gradient);
    }

    /** Makes room in the network's gradient array for the next pass. */
    void settleGradient() {
        sum.settle();
    }

    /** Makes the window independent of the arrays it was given, which others may now overwrite. */
    void settle() {
        sum.settle();
        data.settle();
    }

    /** Returns the data to leave in the network: the whole window if it was kept, otherwise its last batch. */
    MultiDataSet shown() {
        MultiDataSet shown = keepsData ? data.merged() : lastBatch;
        return Objects.requireNonNull(shown, "an open window has a batch");
    }

    /** Forgets everything and is ready for the next window. */
    void clear() {
        sum.clear();
        data.clear();
        lastBatch = null;
        batches = 0;
    }

    @Override
    public void close() {
        clear();
        sum.close();
    }
}
