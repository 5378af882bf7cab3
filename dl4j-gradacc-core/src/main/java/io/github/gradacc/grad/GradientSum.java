/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import io.github.gradacc.array.Elements;
import io.github.gradacc.array.Finiteness;
import io.github.gradacc.array.MeasuredSum;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
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
    private int heldPosition;
    private @Nullable GradientLayout layout;
    private List<SoleUpdate> pools = List.of();
    private boolean sumStarted;

    /** Of the micro-batches that were added while norms were asked for. */
    private final List<SummandNorm> norms = new ArrayList<>();

    private boolean measuresNorms;

    /** Tells of a part whether it is left out; null if all are added as they come. */
    private @Nullable Predicate<MicroGradient> screen;

    private final List<LeftOut> leftOut = new ArrayList<>();

    /** By what the gradients of the parts are too large. */
    private double scale = 1;

    private int lastPosition = -1;
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
     * Asks of each gradient, before it is added, whether to leave it out: then nothing of it reaches the sum, neither
     * its examples nor its score. That costs what the question costs; by default nothing is asked.
     *
     * @param leavesOut tells which gradients to leave out
     */
    public void screen(Predicate<MicroGradient> leavesOut) {
        screen = leavesOut;
    }

    /**
     * Says that the gradients that are added are scaled, though neither updates nor scores are. What is written, and
     * norms, are without the scale; sums of 16-bit types are freed of it in FLOAT.
     *
     * @param factor by which the parts of the window were multiplied; powers of two change no bit, unless a number
     *     leaves the range of its type
     */
    public void scaledBy(double factor) {
        scale = factor;
    }

    /** As {@link #add(int, Summand)}, for the micro-batch that follows the last one. */
    public boolean add(Summand part) {
        return add(lastPosition + 1, part);
    }

    /**
     * Adds what one micro-batch contributes, by reference.
     *
     * @param position of the micro-batch in its window, from 0
     * @param part its array, if it has one, must stay unchanged until {@link #settle()} or {@link #writeTo}
     * @return false if it was left out
     * @throws IllegalStateException if the part added before has not been settled, or had another layout
     */
    public boolean add(int position, Summand part) {
        lastPosition = position;
        if (part instanceof MicroGradient gradient && screen != null && screen.test(gradient)) {
            leftOut.add(new LeftOut(position, part.examples(), part.score()));
            return false;
        }
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
        return true;
    }

    private void hold(MicroGradient gradient) {
        if (held != null) {
            throw new IllegalStateException(
                    "settle() must come before the next add(): its array is about to be reused");
        }
        open(gradient);
        held = gradient;
        heldPosition = lastPosition;
        heldNorm = measuresNorms ? norms.size() : NO_NORM;
    }

    /** Takes the layout of the window's first gradient, and no other one after that. */
    private void open(MicroGradient gradient) {
        if (layout == null) {
            layout = gradient.layout();
            pools = layout.updates().stream()
                    .map(rule -> new SoleUpdate(rule, gradient.parameters()))
                    .toList();
        } else if (!layout.equals(gradient.layout())) {
            throw new IllegalStateException("The gradients of a window need one layout: the parameters that are trained"
                    + " changed while the window was open");
        }
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
            norms.set(heldNorm, new SummandNorm(part.examples(), magnitude / scale));
        }
        boolean updatesAreFinite = part.layout().updates().stream()
                .flatMap(rule -> rule.ranges().stream())
                .allMatch(range -> Finiteness.allFinite(range.of(part.flat())));
        if (Double.isNaN(magnitude) || !updatesAreFinite) {
            throw new NotFiniteException(heldPosition, part.score());
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
     * As {@link #writeTo(INDArray)}, with the sum multiplied by a factor; updates are not. The scale of the parts is
     * taken out at the same time.
     *
     * @param factor any number; 1 changes no bit
     */
    public void writeTo(INDArray flat, double factor) {
        if (layout == null || (held == null && !sumStarted)) {
            throw new IllegalStateException("An empty sum has no gradient to write");
        }
        boolean widens = needsWiderSum(flat) && (sumStarted || scale != 1);
        double total = factor / scale;
        if (held != null && (held.flat() != flat || widens)) {
            settle();
        }
        MicroGradient last = held;
        held = null;
        if (last == null) {
            // Before the sum is rounded to 16 bits, where it could overflow.
            scale(sumArray(flat), total);
            layout.gradients().forEach(range -> range.of(flat).assign(range.of(sumArray(flat))));
            pools.forEach(pool -> pool.writeTo(flat));
        } else if (!sumStarted) {
            measure(last, range -> measured().of(range.of(flat)));
            scale(flat, total);
        } else {
            measure(last, range -> measured().addTo(range.of(flat), range.of(sumArray(flat))));
            scale(flat, total);
            pool(last);
            pools.forEach(pool -> pool.writeTo(flat));
        }
        // A sum that overflowed before it was made smaller stays infinite.
        bound *= Math.max(1, Math.abs(total));
    }

    private void scale(INDArray array, double by) {
        if (by != 1 && layout != null) {
            layout.gradients().forEach(range -> range.of(array).muli(by));
        }
    }

    /**
     * Returns the share of the sum's elements, of those that are not 0, that became 0 when it was rounded to a 16-bit
     * type. Reads the sum and the array: not for every step.
     *
     * @param flat the array given to {@link #writeTo}, before others change it
     * @return from 0 to 1; 0 if the sum was not kept in a wider type
     */
    public double underflow(INDArray flat) {
        INDArray wide = sum;
        if (layout == null || wide == null || !sumStarted || !needsWiderSum(flat)) {
            return 0;
        }
        long before = layout.gradients().stream()
                .mapToLong(range -> Elements.countNonZero(range.of(wide)))
                .sum();
        long after = layout.gradients().stream()
                .mapToLong(range -> Elements.countNonZero(range.of(flat)))
                .sum();
        return before == 0 ? 0 : (double) (before - after) / before;
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

    /** Returns the position that follows that of the part added last; 0 if none was added since it was cleared. */
    public int nextPosition() {
        return lastPosition + 1;
    }

    /** Returns the number of examples in the sum. */
    public long examples() {
        return examples;
    }

    /** Tells whether the sum holds no gradient: nothing was added, or nothing but parts that are known to be zero. */
    public boolean isEmpty() {
        return layout == null;
    }

    /** Returns what was left out of the sum since this was asked before, in order, a copy. */
    public List<LeftOut> takeLeftOut() {
        List<LeftOut> taken = List.copyOf(leftOut);
        leftOut.clear();
        return taken;
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

    /** Returns what it holds; what was added last is settled. */
    public SumState state() {
        settle();
        return new SumState(
                sumStarted ? sum : null,
                pools.stream().map(SoleUpdate::state).toList(),
                norms(),
                bound,
                examples,
                microBatches,
                meanScore,
                summedScore);
    }

    /**
     * Goes on where another sum was, in place of what this one holds.
     *
     * @param state what that returned
     * @param like a gradient of the same network, which says what the positions mean; it is not added
     * @throws IllegalArgumentException if the state does not fit that
     */
    public void restore(SumState state, MicroGradient like) {
        requireFits(state, like);
        clear();
        merge(state, like);
    }

    /**
     * Adds what another sum of the same window holds, as if its micro-batches came after those of this one.
     *
     * @param state what that returned; copied. Without an array, its gradients are to come with another state
     * @param like a gradient of the same network, which says what the positions mean; it is not added
     * @throws IllegalArgumentException if the state does not fit that
     * @throws IllegalStateException if what is in this sum has another layout
     */
    public void merge(SumState state, MicroGradient like) {
        settle();
        requireFits(state, like);
        open(like);
        INDArray other = state.sum();
        if (other != null) {
            INDArray total = sumArray(like.flat());
            for (IndexRange range : like.layout().gradients()) {
                if (sumStarted) {
                    range.of(total).addi(range.of(other));
                } else {
                    range.of(total).assign(range.of(other));
                }
            }
            sumStarted = true;
        }
        for (int i = 0; i < pools.size() && !state.pools().isEmpty(); i++) {
            pools.get(i).merge(state.pools().get(i));
        }
        norms.addAll(state.norms());
        bound += state.bound();
        examples += state.examples();
        microBatches += state.microBatches();
        meanScore += (state.meanScore() - meanScore) * ((double) state.examples() / Math.max(1, examples));
        summedScore += state.summedScore();
    }

    private void requireFits(SumState state, MicroGradient like) {
        INDArray other = state.sum();
        boolean fits = (other == null || other.length() == like.flat().length())
                && (state.pools().isEmpty()
                        || state.pools().size() == like.layout().updates().size());
        if (!fits) {
            throw new IllegalArgumentException(
                    "The sum is one of another network: " + like.flat().length() + " parameters and "
                            + like.layout().updates().size() + " updates are expected, it has "
                            + (other == null ? "no" : String.valueOf(other.length())) + " parameters and "
                            + state.pools().size() + " updates");
        }
    }

    /** Empties the sum for the next window; its array is kept. */
    public void clear() {
        held = null;
        norms.clear();
        layout = null;
        pools = List.of();
        sumStarted = false;
        leftOut.clear();
        lastPosition = -1;
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
