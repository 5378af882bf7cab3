/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.JsonNode;

/** torch's matrices are [out, in], DL4J's [in, out]; convolutions agree. */
final class Shapes {

    private Shapes() {}

    static long[] inDl4j(JsonNode torch) {
        long[] shape = new long[torch.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = torch.get(shape.length == 2 ? 1 - i : i).asLong();
        }
        return shape;
    }

    /** The same tensor as torch has it. */
    static INDArray inTorch(INDArray weights) {
        return weights.rank() == 2 ? weights.transpose() : weights;
    }
}
