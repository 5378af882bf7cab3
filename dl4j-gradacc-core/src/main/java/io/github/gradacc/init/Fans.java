/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Arrays;

/**
 * How many inputs a unit has and how many outputs an input feeds, read off the shape of the weights as torch does
 * ({@code torch.nn.init._calculate_fan_in_and_fan_out}), with DL4J's order of dimensions for matrices.
 *
 * <table>
 *   <caption>What {@link #of} reads</caption>
 *   <tr><th>shape</th><th>layers</th><th>in</th><th>out</th></tr>
 *   <tr><td>[nIn, nOut]</td><td>dense, output, SimpleRnn</td><td>nIn</td><td>nOut</td></tr>
 *   <tr><td>[nIn, 4 nOut]</td><td>LSTM: all gates, as torch counts them</td><td>nIn</td><td>4 nOut</td></tr>
 *   <tr><td>[nOut, nIn, k...]</td><td>convolutions in 1, 2 and 3 dimensions</td><td>nIn k</td><td>nOut k</td></tr>
 *   <tr><td>[nIn, nOut, kH, kW]</td><td>Deconvolution2D: in and out are swapped, in torch too</td>
 *       <td>nOut k</td><td>nIn k</td></tr>
 * </table>
 *
 * <p>k is the receptive field, the product of the kernel sizes. Stride, dilation and groups do not count. For the
 * activations of a transposed convolution to keep their variance, use {@link FanMode#FAN_OUT}.
 *
 * <p>A shape does not say which layer it belongs to. The weights of depthwise, separable, 3D transposed and locally
 * connected convolutions, of embeddings and of attention have layouts other than those in the table: wrap the
 * initializer, as in {@code Layout.DEPTHWISE.of(new KaimingNormal(FanMode.FAN_IN, gain))}.
 *
 * @param in the fan in, positive
 * @param out the fan out, positive
 */
public record Fans(double in, double out) {

    /** Checks the numbers. */
    public Fans {
        if (!(in > 0 && in < Double.POSITIVE_INFINITY && out > 0 && out < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("Fans must be positive and finite, got in = " + in + ", out = " + out);
        }
    }

    /**
     * Reads the fans off a shape.
     *
     * @param shape at least two dimensions, none of them 0
     * @return the fans
     */
    public static Fans of(long[] shape) {
        if (shape.length < 2) {
            throw new IllegalArgumentException("Fans need weights of at least two dimensions, got shape "
                    + Arrays.toString(shape) + ". Use an initializer without fans, such as Normal or Uniform");
        }
        if (Arrays.stream(shape).anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException("Fans need sizes of at least 1, got shape " + Arrays.toString(shape)
                    + ". Set the layer's nIn and nOut");
        }
        if (shape.length == 2) {
            return new Fans(shape[0], shape[1]);
        }
        double field = 1;
        for (int i = 2; i < shape.length; i++) {
            field *= shape[i];
        }
        return new Fans(shape[1] * field, shape[0] * field);
    }
}
