/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.array.Norm;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What the positions of a flattened gradient array mean. Immutable, with value equality.
 *
 * <p>A position is in one of three groups: a gradient, which is summed; an update, which belongs to one of the
 * {@link UpdateRule}s; or neither, because the backward pass never writes it (a frozen layer). The last group keeps
 * whatever the array held, as native training leaves it.
 *
 * @param length number of elements of the flattened array
 * @param gradients the ranges to be summed, ascending and disjoint
 * @param updates where updates are, and how those of several micro-batches combine
 */
@API(status = API.Status.INTERNAL)
public record GradientLayout(long length, List<IndexRange> gradients, List<UpdateRule> updates) {

    /**
     * Joins neighboring ranges, so that a network without frozen or normalizing layers is summed in one operation.
     *
     * @throws IllegalArgumentException if the ranges overlap, are not ascending or leave the array
     */
    public GradientLayout {
        gradients = joined(gradients);
        updates = List.copyOf(updates);
        if (!gradients.isEmpty() && gradients.get(gradients.size() - 1).to() > length) {
            throw new IllegalArgumentException("Gradient ranges " + gradients + " leave an array of length " + length);
        }
    }

    /**
     * Tells whether every gradient and every update is finite; what is never written is not looked at.
     *
     * @param flat flattened gradient array, rank 1
     */
    public boolean isFinite(INDArray flat) {
        return Stream.concat(gradients.stream(), updates.stream().flatMap(rule -> rule.ranges().stream()))
                .allMatch(range -> Finiteness.allFinite(range.of(flat)));
    }

    /**
     * Returns the 2-norm over all gradients; updates, and what is never written, do not count.
     *
     * @param flat flattened gradient array, rank 1
     */
    public double norm(INDArray flat) {
        return Math.sqrt(gradients.stream()
                .mapToDouble(range -> Norm.of(range.of(flat)))
                .map(each -> each * each)
                .sum());
    }

    private static List<IndexRange> joined(List<IndexRange> ranges) {
        List<IndexRange> joined = new ArrayList<>();
        for (IndexRange next : ranges) {
            int last = joined.size() - 1;
            if (last >= 0 && next.from() < joined.get(last).to()) {
                throw new IllegalArgumentException("Gradient ranges must be ascending and disjoint, got " + ranges);
            }
            if (last >= 0 && next.from() == joined.get(last).to()) {
                joined.set(last, new IndexRange(joined.get(last).from(), next.to()));
            } else {
                joined.add(next);
            }
        }
        return List.copyOf(joined);
    }
}
