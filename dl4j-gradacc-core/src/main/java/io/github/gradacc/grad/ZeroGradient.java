/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import org.apiguardian.api.API;

/**
 * The gradient of examples that contribute nothing: zero, and not computed. They count in the denominators.
 *
 * @param examples number of examples, at least 1
 * @param meanScore their mean score
 */
@API(status = API.Status.INTERNAL)
public record ZeroGradient(int examples, double meanScore) implements Summand {

    @Override
    public double summedScore() {
        return 0;
    }
}
