/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import io.github.gradacc.testing.Data;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;

/**
 * The batches of an epoch.
 *
 * @param sizes examples of each batch
 * @param steps time steps of sequences
 * @param lengthsDiffer whether each batch has sequences of a length of its own, up to that
 * @param segment time steps of a segment of truncated BPTT; 0 for the standard one
 */
record Examples(List<Integer> sizes, int steps, boolean lengthsDiffer, Masks masks, int segment) {

    /** Which masks there are: by time step for sequences, by example for labels of rank 2. */
    enum Masks {
        NONE(false, false),
        FEATURES(true, false),
        LABELS(false, true),
        BOTH(true, true);

        private final boolean features;
        private final boolean labels;

        Masks(boolean features, boolean labels) {
            this.features = features;
            this.labels = labels;
        }
    }

    /** The same batches each time. */
    List<MultiDataSet> batches(Architecture network, long seed) {
        Data data = new Data(seed, DataType.DOUBLE);
        List<MultiDataSet> batches = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            int length = lengthsDiffer ? 1 + (int) Math.floorMod(seed + 7L * i, (long) steps) : steps;
            batches.add(batch(network, data, sizes.get(i), length));
        }
        return batches;
    }

    private MultiDataSet batch(Architecture network, Data data, int examples, int length) {
        INDArray features = network.source().features(data, examples, length);
        INDArray mask = network.source().isSequence() ? data.mask(examples, length) : null;
        INDArray[] labels = new INDArray[network.twoOutputs() ? 2 : 1];
        INDArray[] labelsMasks = new INDArray[labels.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = network.isPerStep()
                    ? network.target().labels().sequences(data, examples, length)
                    : network.target().labels().rows(data, examples);
            labelsMasks[i] = network.isPerStep() && mask != null ? mask.dup() : byExample(data, examples);
        }
        return new MultiDataSet(
                new INDArray[] {features},
                labels,
                masks.features ? orNull(mask) : null,
                masks.labels ? labelsMasks : null);
    }

    private static INDArray @Nullable [] orNull(@Nullable INDArray mask) {
        return mask == null ? null : new INDArray[] {mask};
    }

    /** The first example of a batch always counts. */
    private static INDArray byExample(Data data, int examples) {
        INDArray mask = data.indices(2, examples, 1);
        mask.putScalar(0, 1);
        return mask;
    }

    /** Batches that are simpler by one thing. */
    Stream<Examples> simpler() {
        List<Examples> all = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            List<Integer> fewer = new ArrayList<>(sizes);
            fewer.remove(i);
            all.add(with(fewer));
            for (int size : new int[] {1, sizes.get(i) / 2, sizes.get(i) - 1}) {
                List<Integer> smaller = new ArrayList<>(sizes);
                smaller.set(i, size);
                all.add(with(smaller));
            }
        }
        for (int shorter : new int[] {1, steps / 2, steps - 1}) {
            all.add(new Examples(sizes, shorter, lengthsDiffer, masks, segment));
        }
        all.add(new Examples(sizes, steps, false, masks, segment));
        all.add(new Examples(sizes, steps, lengthsDiffer, Masks.NONE, segment));
        all.add(new Examples(sizes, steps, lengthsDiffer, masks, 0));
        return all.stream().filter(it -> it.isPossible() && it.isSmallerThan(this));
    }

    private Examples with(List<Integer> otherSizes) {
        return new Examples(List.copyOf(otherSizes), steps, lengthsDiffer, masks, segment);
    }

    private boolean isPossible() {
        return !sizes.isEmpty() && sizes.stream().allMatch(size -> size > 0) && steps > 0;
    }

    private boolean isSmallerThan(Examples other) {
        return !equals(other) && total() <= other.total() && steps <= other.steps;
    }

    private int total() {
        return sizes.stream().mapToInt(Integer::intValue).sum();
    }
}
