/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.List;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What one forward and backward pass leaves behind.
 *
 * @param flat flattened gradient, rank 1, summed (not averaged) over the examples; not a copy: the array belongs to the
 *     network that computed it and is overwritten by that network's next pass
 * @param parameters the flattened parameters at which it was computed, rank 1, not a copy
 * @param layout the meaning of the positions of {@code flat}
 * @param examples number of examples, at least 1
 * @param meanScore the part of the pass's score that is a mean over examples
 * @param summedScore the part of the score that is a sum over examples; 0 unless the network is configured with
 *     {@code miniBatch(false)}
 * @param updateWeights for each rule of {@code layout.updates()}, the weights of this micro-batch
 */
@API(status = API.Status.INTERNAL)
public record MicroGradient(
        INDArray flat,
        INDArray parameters,
        GradientLayout layout,
        int examples,
        double meanScore,
        double summedScore,
        List<double[]> updateWeights)
        implements Summand {

    /** @throws IllegalArgumentException if the parts do not fit each other */
    public MicroGradient {
        if (examples < 1) {
            throw new IllegalArgumentException("A micro-batch has at least 1 example, got " + examples);
        }
        if (flat.rank() != 1 || flat.length() != layout.length()) {
            throw new IllegalArgumentException("A flattened gradient of length " + layout.length()
                    + " is expected, got shape " + flat.shapeInfoToString());
        }
        if (updateWeights.size() != layout.updates().size()) {
            throw new IllegalArgumentException("One array of weights per update rule is needed: "
                    + layout.updates().size() + " rules, " + updateWeights.size() + " arrays");
        }
    }
}
