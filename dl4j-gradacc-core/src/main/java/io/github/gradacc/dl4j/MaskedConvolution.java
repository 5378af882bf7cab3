/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The masks of images behind 2-D convolutions and pooling. DL4J 1.0.0-M2.1 pools a mask as it pools the image, unless
 * nothing changes its size; and to see that, it compares the height of the output with the number of examples, and the
 * width with the number of channels ({@code ConvolutionUtils.cnn2dMaskReduction}). So a batch whose number of examples
 * happens to be the height of such an output gets other masks than any other batch, and another gradient.
 */
@API(status = API.Status.INTERNAL)
public final class MaskedConvolution {

    private static final int IMAGE_RANK = 4;

    /** More than one other size is tried, as one of them may be misread itself. */
    private static final int OTHER_SIZES = 4;

    private MaskedConvolution() {}

    /**
     * Tells whether DL4J reads the masks of a batch of this size in another way than those of other sizes. Found by
     * propagating masks through the network, whose layers have none afterwards.
     *
     * @param masks of the features of a batch of any size, shapes [examples, ...], or null; only shapes matter
     * @param examples the number of examples in question
     */
    public static boolean misreads(Network network, @Nullable INDArray @Nullable [] masks, int examples) {
        if (masks == null || Arrays.stream(masks).noneMatch(mask -> mask != null && mask.rank() == IMAGE_RANK)) {
            return false;
        }
        List<INDArray> read = imageMasks(network, masks, examples);
        return IntStream.rangeClosed(examples + 1, examples + OTHER_SIZES)
                .mapToObj(size -> imageMasks(network, masks, size))
                .noneMatch(other -> startsLike(other, read));
    }

    private static List<INDArray> imageMasks(Network network, @Nullable INDArray[] masks, int examples) {
        return new MaskPropagation(network)
                .inLayers(pattern(masks, examples)).stream()
                        .filter(mask -> mask.rank() == IMAGE_RANK)
                        .toList();
    }

    private static boolean startsLike(List<INDArray> longer, List<INDArray> shorter) {
        return longer.size() == shorter.size()
                && IntStream.range(0, shorter.size()).allMatch(i -> startsLike(longer.get(i), shorter.get(i)));
    }

    private static boolean startsLike(INDArray longer, INDArray shorter) {
        long[] shape = longer.shape().clone();
        shape[0] = shorter.size(0);
        return Arrays.equals(shape, shorter.shape()) && shorter.equals(longer.get(NDArrayIndex.interval(0, shape[0])));
    }

    private static @Nullable INDArray[] pattern(@Nullable INDArray[] masks, int examples) {
        return Arrays.stream(masks)
                .map(mask -> mask == null ? null : staircase(mask, examples))
                .toArray(INDArray[]::new);
    }

    /**
     * The first example has one 1, the next one more, and after all of them it starts again: pooling moves the edge.
     */
    private static INDArray staircase(INDArray mask, int examples) {
        long[] shape = Objects.requireNonNull(mask).shape().clone();
        int elements = Math.toIntExact(mask.length() / shape[0]);
        shape[0] = examples;
        double[] values = new double[Math.multiplyExact(examples, elements)];
        for (int example = 0; example < examples; example++) {
            int start = example * elements;
            Arrays.fill(values, start, start + 1 + example % elements, 1);
        }
        return Nd4j.create(values, shape, mask.dataType());
    }
}
