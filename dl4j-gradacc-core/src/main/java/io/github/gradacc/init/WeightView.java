/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Arrays;
import java.util.function.DoubleSupplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The weights that one {@code init} call fills: a view into the network's flattened parameters, written in place. */
final class WeightView {

    private static final int CHUNK = 1 << 16;

    private final INDArray flat;
    private final INDArray tensor;

    /**
     * Looks at the view in the given shape.
     *
     * @param shape the shape of the weights
     * @param order 'c' or 'f': how the shape lies in the view
     * @param view the parameters, of as many elements as the shape; not copied
     */
    WeightView(long[] shape, char order, INDArray view) {
        if (!view.dataType().isFPType()) {
            throw new IllegalArgumentException("Weights must be of a floating point type, got " + view.dataType()
                    + " for shape " + Arrays.toString(shape));
        }
        tensor = Arrays.equals(shape, view.shape()) && view.rank() != 1 ? view : reshape(view, order, shape);
        flat = view.rank() == 1 ? view : reshape(view, view.ordering(), view.length());
    }

    /** Fills the weights with independent values, in the order of memory. */
    INDArray fill(DoubleSupplier values) {
        for (long from = 0; from < flat.length(); from += CHUNK) {
            double[] chunk = new double[(int) Math.min(CHUNK, flat.length() - from)];
            Arrays.setAll(chunk, i -> values.getAsDouble());
            flat.get(NDArrayIndex.interval(from, from + chunk.length)).assign(Nd4j.createFromArray(chunk));
        }
        return tensor;
    }

    /**
     * Copies the values, rounding them to the type of the weights.
     *
     * @param values of the shape of the weights, any order and floating point type
     */
    INDArray assign(INDArray values) {
        tensor.assign(values);
        return tensor;
    }

    private static INDArray reshape(INDArray view, char order, long... shape) {
        return view.reshape(order, true, shape);
    }
}
