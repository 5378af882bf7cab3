/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.array.Slice;
import io.github.gradacc.dl4j.Accumulation;
import io.github.gradacc.dl4j.MaskPropagation;
import io.github.gradacc.dl4j.MaskedConvolution;
import io.github.gradacc.dl4j.Network;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Masks of a single example that DL4J 1.0.0-M2.1 takes for something else. Those of shape [1, 1], of one time step, it
 * takes for a mask per output, or for no vector, also where a layer makes them of longer ones; and it misreads that of
 * an image where the output of a layer has one row ({@link MaskedConvolution}). So a pass never sees one:
 *
 * <ul>
 *   <li>Masks of the single element 1 mask nothing and are left out.
 *   <li>Otherwise a second example stands beside the first: the same one, without a loss. It adds nothing to the
 *       gradient, and all masks are those of two examples.
 * </ul>
 */
final class LoneMask {

    private static final int SEQUENCE_RANK = 3;
    private static final int MASK_RANK = 2;

    private LoneMask() {}

    /** Returns the data without masks that would be misread: as it is, without masks, or with a second example. */
    static MultiDataSet avoidedIn(MultiDataSet data, Network network) {
        if (data.getFeatures(0).size(0) > 1) {
            return data;
        }
        if (lone(data).anyMatch(value -> value != 1)) {
            requireNoCenters(network);
            return besideItself(data, network);
        }
        boolean isMisread =
                becomesLone(without(data.getFeaturesMaskArrays()), network) || isMisreadAlone(data, network);
        if (isMisread && canStandBesideItself(data, network)) {
            return besideItself(data, network);
        }
        return lone(data).findAny().isPresent() ? withoutMasks(data) : data;
    }

    private static DoubleStream lone(MultiDataSet data) {
        return Stream.of(data.getFeaturesMaskArrays(), data.getLabelsMaskArrays())
                .flatMap(masks -> masks == null ? Stream.of() : Arrays.stream(masks))
                .filter(LoneMask::isLone)
                .mapToDouble(mask -> mask.getDouble(0));
    }

    private static boolean isLone(@Nullable INDArray mask) {
        return mask != null && mask.length() == 1;
    }

    /** Tells whether a layer is given a mask of one element for one example, made of a longer one. */
    private static boolean becomesLone(@Nullable INDArray @Nullable [] masks, Network network) {
        return masks != null
                && Arrays.stream(masks).anyMatch(mask -> mask != null)
                && new MaskPropagation(network)
                        .inLayers(twice(masks)).stream()
                                .anyMatch(mask -> mask.rank() == MASK_RANK && mask.length() == 2);
    }

    /**
     * Tells whether DL4J misreads the masks of a single example of this data, and a pass over one does not see them.
     *
     * @param data of any number of examples
     */
    static boolean isCured(MultiDataSet data, Network network) {
        return isMisreadAlone(data, network) && canStandBesideItself(data, network);
    }

    private static boolean isMisreadAlone(MultiDataSet data, Network network) {
        @Nullable INDArray[] masks = data.getFeaturesMaskArrays();
        return MaskedConvolution.misreads(network, masks, 1) && !MaskedConvolution.misreads(network, masks, 2);
    }

    /**
     * Masks of labels must take the loss of the second example away. Where an output is masked by the features only,
     * those of the second example would have to be other ones, and so would be its share of a graph's score, which does
     * not look at these masks. Center loss knows no masks at all.
     */
    private static boolean canStandBesideItself(MultiDataSet data, Network network) {
        @Nullable INDArray[] labelsMasks = data.getLabelsMaskArrays();
        List<Boolean> reached = new MaskPropagation(network).reachOutputs(twice(data.getFeaturesMaskArrays()));
        return !hasCenters(network)
                && IntStream.range(0, reached.size())
                        .allMatch(i -> !reached.get(i) || (labelsMasks != null && labelsMasks[i] != null));
    }

    private static MultiDataSet withoutMasks(MultiDataSet data) {
        return new org.nd4j.linalg.dataset.MultiDataSet(
                data.getFeatures(),
                data.getLabels(),
                without(data.getFeaturesMaskArrays()),
                without(data.getLabelsMaskArrays()));
    }

    private static @Nullable INDArray @Nullable [] without(@Nullable INDArray @Nullable [] masks) {
        return masks == null
                ? null
                : Arrays.stream(masks).map(mask -> isLone(mask) ? null : mask).toArray(INDArray[]::new);
    }

    /**
     * The second example is masked like the first, so that nothing is without all its steps; but where an output is
     * masked by the features only, it is masked out.
     */
    private static MultiDataSet besideItself(MultiDataSet data, Network network) {
        @Nullable INDArray[] twice = twice(data.getFeaturesMaskArrays());
        List<Boolean> reached = new MaskPropagation(network).reachOutputs(twice);
        INDArray[] labelsMasks = IntStream.range(0, data.numLabelsArrays())
                .mapToObj(i -> labelsMask(data, i, reached.get(i)))
                .toArray(INDArray[]::new);
        boolean isMaskedByFeatures = Arrays.stream(labelsMasks).anyMatch(mask -> mask == null);
        return new org.nd4j.linalg.dataset.MultiDataSet(
                twice(data.getFeatures()),
                twice(data.getLabels()),
                isMaskedByFeatures ? maskedOut(data.getFeaturesMaskArrays()) : twice,
                labelsMasks);
    }

    /** Center loss knows no masks: its centers and their term would count both examples. */
    private static void requireNoCenters(Network network) {
        if (hasCenters(network)) {
            throw new IllegalStateException(
                    "A micro-batch of one example has a mask of the single element 0, which DL4J 1.0.0-M2.1 takes for"
                            + " something else, and with center loss the trainer cannot get round that: use a"
                            + " microBatchSize that leaves no single example");
        }
    }

    private static boolean hasCenters(Network network) {
        return network.layers().stream().anyMatch(layer -> layer.facts().accumulation() == Accumulation.CLASS_CENTERS);
    }

    private static @Nullable INDArray @Nullable [] twice(@Nullable INDArray @Nullable [] arrays) {
        return arrays == null
                ? null
                : Arrays.stream(arrays)
                        .map(array -> array == null ? null : beside(array, array))
                        .toArray(INDArray[]::new);
    }

    /** Puts two examples beside each other, row by row: arrays may have several rows for an example, in blocks. */
    static INDArray beside(INDArray one, INDArray other) {
        INDArray[] rows = new INDArray[Math.toIntExact(2 * one.size(0))];
        for (int row = 0; row < one.size(0); row++) {
            rows[2 * row] = Slice.of(one, 0, row, row + 1);
            rows[2 * row + 1] = Slice.of(other, 0, row, row + 1);
        }
        return Nd4j.concat(0, rows);
    }

    /** Takes the first of two examples that stand beside each other: every second row. */
    static INDArray first(INDArray both) {
        INDArray[] rows = new INDArray[Math.toIntExact(both.size(0) / 2)];
        for (int row = 0; row < rows.length; row++) {
            rows[row] = Slice.of(both, 0, 2L * row, 2L * row + 1);
        }
        return rows.length == 1 ? rows[0] : Nd4j.concat(0, rows);
    }

    /**
     * Labels without a mask get one, as those of the second example must not count; unless the mask of the features
     * reaches the output and is in force there.
     */
    private static @Nullable INDArray labelsMask(MultiDataSet data, int output, boolean isReached) {
        INDArray[] masks = data.getLabelsMaskArrays();
        INDArray mask = masks == null ? null : masks[output];
        if (mask == null && isReached) {
            return null;
        }
        return maskedOut(mask != null ? mask : ones(data.getLabels(output)));
    }

    private static INDArray ones(INDArray labels) {
        long steps = labels.rank() == SEQUENCE_RANK ? labels.size(2) : 1;
        return Nd4j.ones(labels.dataType(), labels.size(0), steps);
    }

    private static @Nullable INDArray @Nullable [] maskedOut(@Nullable INDArray @Nullable [] masks) {
        return masks == null
                ? null
                : Arrays.stream(masks)
                        .map(mask -> mask == null ? null : maskedOut(mask))
                        .toArray(INDArray[]::new);
    }

    private static INDArray maskedOut(INDArray mask) {
        return beside(mask, mask.like());
    }
}
