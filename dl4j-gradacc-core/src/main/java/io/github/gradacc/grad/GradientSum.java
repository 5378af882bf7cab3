/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import io.github.gradacc.array.Finiteness;
import java.util.List;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The running sum over the micro-batches of one window.
 *
 * <pre>
 *   for each micro-batch m of the window:
 *       settle()                      // sum := sum + held
 *       add(gradient of m)            // held := gradient of m
 *   writeTo(array)                    // array := sum + held
 * </pre>
 *
 * <p>A gradient that was added stays in its network's array until {@link #settle()} copies it out, just before that
 * array is overwritten. The last gradient of a window is never copied: the sum of the others is added to it in place,
 * so a window of one micro-batch costs nothing and is bit for bit what native training computes. Gradients are added in
 * the order of the calls, which fixes every bit of the result.
 *
 * <p>The sum is kept in the type of the gradients, 16-bit types in FLOAT. It takes one array of the length of the
 * parameters, made when a window first has a second micro-batch and kept for the next windows until {@link #close()}.
 *
 * <p>It does not check for NaN: ask {@link MicroGradient#isFinite()} before adding and {@link #isFinite(INDArray)}
 * after writing. Not thread-safe.
 */
@API(status = API.Status.INTERNAL)
public final class GradientSum implements AutoCloseable {

    private @Nullable INDArray sum;
    private @Nullable MicroGradient held;
    private @Nullable GradientLayout layout;
    private List<SoleUpdate> pools = List.of();
    private boolean sumStarted;
    private long examples;
    private int microBatches;
    private double meanScore;
    private double summedScore;

    /** Makes an empty sum. */
    public GradientSum() {}

    /**
     * Adds what one micro-batch contributes, by reference.
     *
     * @param part its array, if it has one, must stay unchanged until {@link #settle()} or {@link #writeTo}
     * @throws IllegalStateException if the part added before has not been settled, or had another layout
     */
    public void add(Summand part) {
        if (part instanceof MicroGradient gradient) {
            hold(gradient);
        }
        examples += part.examples();
        microBatches++;
        meanScore += (part.meanScore() - meanScore) * ((double) part.examples() / examples);
        summedScore += part.summedScore();
    }

    private void hold(MicroGradient gradient) {
        if (held != null) {
            throw new IllegalStateException(
                    "settle() must come before the next add(): its array is about to be reused");
        }
        if (layout == null) {
            layout = gradient.layout();
            pools = layout.updates().stream()
                    .map(rule -> new SoleUpdate(rule, gradient.parameters()))
                    .toList();
        } else if (!layout.equals(gradient.layout())) {
            throw new IllegalStateException("The gradients of a window need one layout: the parameters that are trained"
                    + " changed while the window was open");
        }
        held = gradient;
    }

    /** Copies what was added last out of its network's array, which may then be overwritten. */
    public void settle() {
        if (held == null) {
            return;
        }
        INDArray total = sumArray(held.flat());
        for (IndexRange range : held.layout().gradients()) {
            INDArray target = range.of(total);
            INDArray source = range.of(held.flat());
            if (sumStarted) {
                accumulate(source, target);
            } else {
                target.assign(source);
            }
        }
        pool(held);
        sumStarted = true;
        held = null;
    }

    private void pool(MicroGradient gradient) {
        for (int i = 0; i < pools.size(); i++) {
            pools.get(i).add(gradient.flat(), gradient.updateWeights().get(i));
        }
    }

    /**
     * Writes the gradient of the whole window.
     *
     * @param flat flattened gradient array of rank 1; positions outside the layout keep their value. If it is the array
     *     of the part added last, that part is summed in place
     * @throws IllegalStateException if nothing was added
     */
    public void writeTo(INDArray flat) {
        writeTo(flat, 1);
    }

    /**
     * As {@link #writeTo(INDArray)}, with the sum multiplied by a factor; updates are not.
     *
     * @param factor any number; 1 changes no bit
     */
    public void writeTo(INDArray flat, double factor) {
        if (layout == null) {
            throw new IllegalStateException("An empty sum has no gradient to write");
        }
        if (held != null && (held.flat() != flat || (sumStarted && needsWiderSum(flat)))) {
            settle();
        }
        if (!sumStarted) {
            scale(flat, factor);
            return;
        }
        if (held != null) {
            pool(held);
        } else {
            // Before the sum is rounded to 16 bits, where it could overflow.
            scale(sumArray(flat), factor);
        }
        for (IndexRange range : layout.gradients()) {
            INDArray target = range.of(flat);
            INDArray source = range.of(sumArray(flat));
            if (held != null) {
                accumulate(source, target);
            } else {
                target.assign(source);
            }
        }
        if (held != null) {
            scale(flat, factor);
        }
        pools.forEach(pool -> pool.writeTo(flat));
        held = null;
    }

    private void scale(INDArray array, double factor) {
        if (factor != 1 && layout != null) {
            layout.gradients().forEach(range -> range.of(array).muli(factor));
        }
    }

    /**
     * Tells whether the written sum is finite; finite parts can overflow when they are added.
     *
     * @param flat the array given to {@link #writeTo}
     * @return false if an element of the sum is NaN or infinite
     */
    public boolean isFinite(INDArray flat) {
        return layout == null || layout.isFinite(flat);
    }

    /** Returns the number of examples in the sum. */
    public long examples() {
        return examples;
    }

    /** Returns the number of micro-batches in the sum. */
    public int microBatches() {
        return microBatches;
    }

    /** Returns the mean of the mean scores, weighted by examples: {@code sum n_m s_m / sum n_m}. */
    public double meanScore() {
        return meanScore;
    }

    /** Returns the plain sum of the summed scores. */
    public double summedScore() {
        return summedScore;
    }

    /** Returns the window's score: the sum of both parts. */
    public double score() {
        return meanScore + summedScore;
    }

    /** Empties the sum for the next window; its array is kept. */
    public void clear() {
        held = null;
        layout = null;
        pools = List.of();
        sumStarted = false;
        examples = 0;
        microBatches = 0;
        meanScore = 0;
        summedScore = 0;
    }

    /** Empties the sum and frees its array. */
    @Override
    public void close() {
        clear();
        if (sum != null && sum.closeable()) {
            sum.close();
        }
        sum = null;
    }

    private INDArray sumArray(INDArray like) {
        INDArray array = sum;
        if (array == null || array.length() != like.length()) {
            DataType type = needsWiderSum(like) ? DataType.FLOAT : like.dataType();
            try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
                array = Nd4j.createUninitialized(type, like.length());
            }
            sum = array;
        }
        return array;
    }

    private static boolean needsWiderSum(INDArray gradient) {
        return !Finiteness.isBlasType(gradient.dataType());
    }

    private static void accumulate(INDArray source, INDArray target) {
        if (source.dataType() == target.dataType() && Finiteness.isBlasType(source.dataType())) {
            Nd4j.getBlasWrapper().level1().axpy(source.length(), 1.0, source, target);
        } else {
            target.addi(source.castTo(target.dataType()));
        }
    }
}
