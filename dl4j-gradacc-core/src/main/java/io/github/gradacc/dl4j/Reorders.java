/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.function.Function;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Reorders into the layouts of DL4J's layers that are not standard. Each comment names the shape of the layer's
 * weights, then the standard shape that is filled.
 */
@API(status = API.Status.INTERNAL)
public final class Reorders {

    private Reorders() {}

    /** [kH, kW, nIn, m], as [nIn m, 1, kH, kW]. */
    public static INDArray depthwise(long[] shape, Function<long[], INDArray> standard) {
        return standard.apply(new long[] {shape[2] * shape[3], 1, shape[0], shape[1]})
                .reshape('c', shape[2], shape[3], shape[0], shape[1])
                .permute(2, 3, 0, 1);
    }

    /** [m, nIn, kH, kW], as [nIn m, 1, kH, kW]. */
    public static INDArray separableDepth(long[] shape, Function<long[], INDArray> standard) {
        return standard.apply(new long[] {shape[1] * shape[0], 1, shape[2], shape[3]})
                .reshape('c', shape[1], shape[0], shape[2], shape[3])
                .permute(1, 0, 2, 3);
    }

    /** Either part of a separable convolution, by its shape: kernels of 1x1 count as pointwise. */
    public static INDArray separable(long[] shape, Function<long[], INDArray> standard) {
        return shape[2] == 1 && shape[3] == 1 ? standard.apply(shape) : separableDepth(shape, standard);
    }

    /** [kD, kH, kW, nOut, nIn], as [nIn, nOut, kD, kH, kW]. */
    public static INDArray deconvolution3D(long[] shape, Function<long[], INDArray> standard) {
        return standard.apply(new long[] {shape[4], shape[3], shape[0], shape[1], shape[2]})
                .permute(2, 3, 4, 1, 0);
    }

    /** [kH, kW, nIn, nOut], as [nOut, nIn, kH, kW]. */
    public static INDArray kernelFirst(long[] shape, Function<long[], INDArray> standard) {
        return standard.apply(new long[] {shape[3], shape[2], shape[0], shape[1]})
                .permute(2, 3, 1, 0);
    }

    /** [nOut, nIn], as [nIn, nOut]. */
    public static INDArray transposed(long[] shape, Function<long[], INDArray> standard) {
        return standard.apply(new long[] {shape[1], shape[0]}).transpose();
    }

    /** [n, 4 n + 3], as [n, 4 n] and three columns of 0; other matrices as they are. */
    public static INDArray peepholes(long[] shape, Function<long[], INDArray> standard) {
        long gates = 4 * shape[0];
        if (shape[1] != gates + 3) {
            return standard.apply(shape);
        }
        INDArray weights = Nd4j.zeros(DataType.DOUBLE, shape);
        weights.get(NDArrayIndex.all(), NDArrayIndex.interval(0, gates))
                .assign(standard.apply(new long[] {shape[0], gates}));
        return weights;
    }

    /** [positions, nIn, nOut], as one [nIn, nOut] for each position. */
    public static INDArray stacked(long[] shape, Function<long[], INDArray> standard) {
        INDArray weights = Nd4j.createUninitialized(DataType.DOUBLE, shape);
        for (long position = 0; position < shape[0]; position++) {
            weights.get(NDArrayIndex.point(position), NDArrayIndex.all(), NDArrayIndex.all())
                    .assign(standard.apply(new long[] {shape[1], shape[2]}));
        }
        return weights;
    }

    /** [heads, headSize, nIn], as [nIn, heads headSize]; matrices as they are. */
    public static INDArray heads(long[] shape, Function<long[], INDArray> standard) {
        if (shape.length == 2) {
            return standard.apply(shape);
        }
        return standard.apply(new long[] {shape[2], shape[0] * shape[1]})
                .transpose()
                .dup('c')
                .reshape('c', shape);
    }

    /**
     * The weights of a CapsuleLayer [1, inputCapsules, capsules d, dIn, 1], as one [dIn, d] for each pair of an input
     * capsule and a capsule: {@code u_hat_(j|i) = W_ij u_i} (Sabour et al. 2017, "Dynamic routing between capsules",
     * equation 2).
     *
     * @param d the dimensions of a capsule
     */
    public static Reorder capsules(long d) {
        return (shape, standard) -> {
            INDArray weights = Nd4j.createUninitialized(DataType.DOUBLE, shape);
            for (long from = 0; from < shape[1]; from++) {
                for (long to = 0; to < shape[2]; to += d) {
                    INDArrayIndex[] pair = {
                        NDArrayIndex.point(0),
                        NDArrayIndex.point(from),
                        NDArrayIndex.interval(to, to + d),
                        NDArrayIndex.all(),
                        NDArrayIndex.point(0)
                    };
                    weights.get(pair)
                            .assign(standard.apply(new long[] {shape[3], d}).transpose());
                }
            }
            return weights;
        };
    }
}
