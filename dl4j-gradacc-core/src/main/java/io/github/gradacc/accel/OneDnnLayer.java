/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

/**
 * A layer that uses oneDNN, beside itself without. A difference is the largest of an element, divided by the largest
 * element of the array as built-in code computes it, or of the gradient that comes back to the layer if that is larger;
 * of the output, the gradient with respect to the input and those of the parameters the one that differs most counts.
 * Infinite if one of both is not finite.
 *
 * @param name of the layer or vertex, or the index of a layer in a stack that has none
 * @param type simple name of the class that configures it
 * @param difference between oneDNN in DL4J's helper and built-in code
 * @param differenceWithout between the layer without its helper and built-in code; above 0 where ND4J's own operation
 *     uses oneDNN inside
 * @param millis time of a forward and a backward pass through the layer, median, in milliseconds
 * @param millisWithout the same without its helper
 */
public record OneDnnLayer(
        String name, String type, double difference, double differenceWithout, double millis, double millisWithout) {

    /**
     * Tells whether it agrees with built-in code to a ten-thousandth, the most that rounding in FLOAT was seen to
     * leave.
     */
    public boolean agrees() {
        return difference <= OneDnnReport.TOLERANCE;
    }

    /** Tells whether it is faster with its helper, by at least a twentieth: less says nothing. */
    public boolean isFaster() {
        return millis < 0.95 * millisWithout;
    }
}
