/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.Map;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.samediff.SDLayerParams;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffLayer;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer of a user's own, whose weights are a vector of length 4: {@code x s}. */
public class Scale extends SameDiffLayer {

    @Override
    public SDVariable defineLayer(SameDiff graph, SDVariable x, Map<String, SDVariable> table, SDVariable mask) {
        return x.mul(table.get("s"));
    }

    @Override
    public void defineParameters(SDLayerParams params) {
        params.addWeightParam("s", 4);
    }

    @Override
    public void initializeParameters(Map<String, INDArray> params) {
        params.get("s").assign(1);
    }

    @Override
    public InputType getOutputType(int index, InputType input) {
        return input;
    }
}
