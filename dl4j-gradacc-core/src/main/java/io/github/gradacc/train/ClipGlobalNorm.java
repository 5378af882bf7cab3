/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/**
 * Scales the gradient down if the norm of all of it, over all trained parameters together, is larger than a limit:
 * torch's {@code clip_grad_norm_} (Pascanu, Mikolov and Bengio 2013). DL4J's own clipping looks at each layer, or each
 * parameter, by itself.
 *
 * <pre>
 *   g := g * min(1, maxNorm / (|g| + 1e-6))
 * </pre>
 *
 * <p>The norm before clipping is in the {@link StepReport}.
 *
 * @param maxNorm the limit, above 0; infinity only measures
 */
public record ClipGlobalNorm(double maxNorm) implements GradientTransform {

    /** torch's, so that a norm of 0 is no division by 0. */
    private static final double EPSILON = 1e-6;

    /** Checks the limit. */
    public ClipGlobalNorm {
        if (!(maxNorm > 0)) {
            throw new IllegalArgumentException("maxNorm must be above 0, got " + maxNorm);
        }
    }

    @Override
    public void apply(WindowGradient gradient) {
        double factor = maxNorm / (gradient.norm() + EPSILON);
        if (factor < 1) {
            gradient.parameters().forEach(parameter -> parameter.gradient().muli(factor));
        }
    }
}
