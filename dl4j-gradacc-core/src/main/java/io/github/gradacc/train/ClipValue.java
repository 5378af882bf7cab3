/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.clip.ClipByValue;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Limits every element of the gradient to {@code [-limit, limit]}: torch's {@code clip_grad_value_}.
 *
 * @param limit finite and above 0
 */
public record ClipValue(double limit) implements GradientTransform {

    /** Checks the limit. */
    public ClipValue {
        if (!(limit > 0 && limit < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("limit must be finite and above 0, got " + limit);
        }
    }

    @Override
    public void apply(WindowGradient gradient) {
        gradient.parameters().forEach(parameter -> clip(parameter.gradient()));
    }

    private void clip(INDArray g) {
        ClipByValue inPlace = new ClipByValue(g, -limit, limit);
        inPlace.addOutputArgument(g);
        Nd4j.exec(inPlace);
    }
}
