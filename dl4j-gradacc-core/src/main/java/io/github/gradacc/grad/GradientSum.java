/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.array.MeasuredSum;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
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
 * <p>A part that is not finite is found when it is settled or written, while its elements are added: that costs next
 * to nothing. Finite parts may still have a sum that is not: ask {@link #isFinite(INDArray)} after writing. Not
 * thread-safe.
 */
@API(status = API.Status.INTERNAL)
public final class GradientSum implements AutoCloseable {

    private static final int NO_NORM = -1;

    private @Nullable INDArray sum;
    private @Nullable MicroGradient held;
    private int heldNorm = NO_NORM;
    private @Nullable GradientLayout layout;
    private List<SoleUpdate> pools = List.of();
    private boolean sumStarted;

    /** Of the micro-batches that were added while norms were asked for. */
    private final List<SummandNorm> norms = new ArrayList<>();

    private boolean measuresNorms;

    /** False if an error ended {@link #settle()} in the middle of an addition. */
    private boolean isWhole = true;

    /** No element of the sum of settled parts is larger. */
    private double bound;

    private long examples;
    private int microBatches;
    private double meanScore;
    private double summedScore;

    /** Makes an empty sum. */
    public GradientSum() {}

    /**
     * Says whether the norm of each part that is added from now on is wanted. It is found while the part is searched
     * for NaN, at no further cost.
     */
    public void measureNorms(boolean wanted) {
        measuresNorms = wanted;
    }

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
        if (measuresNorms) {
            norms.add(new SummandNorm(part.examples(), 0));
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
        heldNorm = measuresNorms ? norms.size() : NO_NORM;
    }

    /**
     * Copies what was added last out of its network's array, which may then be overwritten.
     *
     * @throws NotFiniteException if that holds NaN or infinity
     */
    public void settle() {
        MicroGradient part = held;
        if (part == null) {
            return;
        }
        // Memory may not suffice for it; then nothing has changed.
        INDArray total = sumArray(part.flat());
        held = null;
        isWhole = false;
        boolean isFirst = !sumStarted;
        sumStarted = true;
        measure(part, range -> {
            INDArray source = range.of(part.flat());
            INDArray target = range.of(total);
            return isFirst ? measured().copy(source, target) : measured().add(source, target);
        });
        pool(part);
        isWhole = true;
    }

    private MeasuredSum measured() {
        return heldNorm == NO_NORM ? MeasuredSum.BY_MAGNITUDES : MeasuredSum.BY_SQUARES;
    }

    /** Adds the ranges of a part, which are measured on the way, and checks its updates. */
    private void measure(MicroGradient part, ToDoubleFunction<IndexRange> adding) {
        double measure = part.layout().gradients().stream().mapToDouble(adding).sum();
        // Neither the sum of magnitudes nor the norm is less than the largest element.
        double magnitude = heldNorm == NO_NORM ? measure : Math.sqrt(measure);
        if (heldNorm != NO_NORM) {
            norms.set(heldNorm, new SummandNorm(part.examples(), magnitude));
        }
        boolean updatesAreFinite = part.layout().updates().stream()
                .flatMap(rule -> rule.ranges().stream())
                .allMatch(range -> Finiteness.allFinite(range.of(part.flat())));
        if (Double.isNaN(magnitude) || !updatesAreFinite) {
            throw new NotFiniteException(microBatches - 1, part.score());
        }
        bound += magnitude;
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
     * @throws NotFiniteException if the part added last holds NaN or infinity
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
        MicroGradient last = held;
        held = null;
        if (last == null) {
            // Before the sum is rounded to 16 bits, where it could overflow.
            scale(sumArray(flat), factor);
            layout.gradients().forEach(range -> range.of(flat).assign(range.of(sumArray(flat))));
            pools.forEach(pool -> pool.writeTo(flat));
        } else if (!sumStarted) {
            measure(last, range -> measured().of(range.of(flat)));
            scale(flat, factor);
        } else {
            measure(last, range -> measured().addTo(range.of(flat), range.of(sumArray(flat))));
            scale(flat, factor);
            pool(last);
            pools.forEach(pool -> pool.writeTo(flat));
        }
        bound *= Math.abs(factor);
    }

    private void scale(INDArray array, double factor) {
        if (factor != 1 && layout != null) {
            layout.gradients().forEach(range -> range.of(array).muli(factor));
        }
    }

    /**
     * Tells whether the written sum is finite; finite parts can overflow when they are added. Where the magnitudes of
     * the parts rule that out, nothing is searched.
     *
     * @param flat the array given to {@link #writeTo}
     * @return false if an element of the sum is NaN or infinite
     */
    public boolean isFinite(INDArray flat) {
        return layout == null || (layout.updates().isEmpty() && isSmall(flat.dataType())) || layout.isFinite(flat);
    }

    /**
     * Returns the 2-norm of the written sum over all gradients; updates do not count.
     *
     * @param flat the array given to {@link #writeTo}
     */
    public double norm(INDArray flat) {
        return layout == null ? 0 : layout.norm(flat);
    }

    /** Half of the largest number, since the bound is rounded. */
    private boolean isSmall(DataType type) {
        return bound
                < switch (type) {
                    case DOUBLE -> Double.MAX_VALUE / 2;
                    case FLOAT -> Float.MAX_VALUE / 2;
                    default -> 0;
                };
    }

    /**
     * Returns the norms of the parts, in the order in which they were added, a copy; only of those that were added
     * while norms were wanted, and of the last one once the sum is written.
     */
    public List<SummandNorm> norms() {
        return List.copyOf(norms);
    }

    /**
     * Tells whether the sum is that of all parts that were added. It is not after {@link #settle()} has thrown, but for
     * an error for lack of memory before anything was added: then the part is still held.
     */
    public boolean isWhole() {
        return isWhole;
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
        norms.clear();
        layout = null;
        pools = List.of();
        sumStarted = false;
        isWhole = true;
        bound = 0;
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
}
