/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import io.github.gradacc.array.Elements;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The weights that one {@code init} call fills: a view into the network's flattened parameters, written in place.
 *
 * <p>Values are rounded to the type of the weights; one that the type cannot hold is an error, never an infinite
 * weight.
 */
final class WeightView {

    private final long[] shape;
    private final INDArray flat;
    private final INDArray tensor;
    private final double largest;

    private WeightView(long[] shape, char order, INDArray view) {
        this.shape = shape;
        largest = largest(view.dataType(), shape);
        if (Arrays.stream(shape).anyMatch(size -> size < 1) || ArrayUtil.prodLong(shape) != view.length()) {
            throw Checks.shape(
                    "Weights need sizes of at least 1, as many elements together as their view, which has "
                            + view.length(),
                    shape,
                    "Set the layer's nIn and nOut");
        }
        tensor = Arrays.equals(shape, view.shape()) && view.rank() != 1 ? view : reshape(view, order, shape);
        flat = view.rank() == 1 ? view : reshape(view, view.ordering(), view.length());
    }

    /**
     * Fills the view. A scalar stays as it is: DL4J passes the radius of a one-class output layer through the
     * initializer of its weights, and sets it itself afterwards.
     *
     * @param shape the shape of the weights
     * @param order 'c' or 'f': how the shape lies in the view
     * @param view the parameters, of as many elements as the shape; not copied
     * @param values fills it; called once, or not at all for a scalar
     * @return the view in the given shape, not a copy
     */
    static INDArray write(long[] shape, char order, INDArray view, Consumer<WeightView> values) {
        if (shape.length == 0) {
            return view;
        }
        WeightView weights = new WeightView(shape, order, view);
        values.accept(weights);
        return weights.tensor;
    }

    /** Fills the weights with independent values, in the order of memory. */
    void fill(DoubleSupplier values) {
        Elements.fill(flat, () -> checked(values.getAsDouble()));
    }

    /**
     * Copies the values, rounding them to the type of the weights.
     *
     * @param values of the shape of the weights, any order and floating point type
     */
    void assign(INDArray values) {
        Elements.forEach(values, this::checked);
        tensor.assign(values);
    }

    /** The type of the weights. */
    DataType type() {
        return tensor.dataType();
    }

    private double checked(double value) {
        if (!(Math.abs(value) <= largest)) {
            throw Checks.shape(
                    "The weight " + value + " is beyond " + type() + ", whose largest value is " + largest,
                    shape,
                    "Use smaller weights, or a wider data type");
        }
        return value;
    }

    private static double largest(DataType type, long... shape) {
        return switch (type) {
            case DOUBLE -> Double.MAX_VALUE;
            case FLOAT -> Float.MAX_VALUE;
            case HALF -> 65504;
            case BFLOAT16 -> 0x1.FEp127;
            default ->
                throw new IllegalArgumentException("Weights must be of a floating point type, got " + type
                        + " for shape " + Arrays.toString(shape));
        };
    }

    private static INDArray reshape(INDArray view, char order, long... shape) {
        return view.reshape(order, true, shape);
    }
}
