/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

/** Which fan sets the variance of the weights: torch's {@code mode='fan_in'} or {@code 'fan_out'}. */
public enum FanMode {
    /** The number of inputs of a unit: keeps the variance of activations in the forward pass. */
    FAN_IN,
    /** The number of outputs that an input feeds: keeps the variance of gradients in the backward pass. */
    FAN_OUT;

    double of(Fans fans) {
        return this == FAN_IN ? fans.in() : fans.out();
    }
}
