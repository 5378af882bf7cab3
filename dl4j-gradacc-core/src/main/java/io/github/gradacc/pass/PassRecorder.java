/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Takes the place of a network's listeners during a pass and notes what is gone when the pass is over: activations, and
 * what the layers' inputs say about the weights of their updates (a graph clears its layers before it returns).
 */
final class PassRecorder extends BaseTrainingListener {

    private final boolean keepsActivations;
    private final IntFunction<List<double[]>> weigh;
    private Map<String, INDArray> activations = Map.of();
    private List<double[]> updateWeights = List.of();
    private int copies = 1;

    /** @param weigh is told how many copies of each example the pass saw */
    PassRecorder(boolean keepsActivations, IntFunction<List<double[]>> weigh) {
        this.keepsActivations = keepsActivations;
        this.weigh = weigh;
    }

    /** Tells how many copies of each example the pass will see; activations are those of the first. */
    void expect(int copiesOfEachExample) {
        copies = copiesOfEachExample;
    }

    Map<String, INDArray> activations() {
        return activations;
    }

    List<double[]> updateWeights() {
        return updateWeights;
    }

    @Override
    public void onForwardPass(Model model, List<INDArray> layers) {
        if (keepsActivations) {
            activations = ActivationLog.copy(layers, copies);
        }
    }

    @Override
    public void onForwardPass(Model model, Map<String, INDArray> vertices) {
        if (keepsActivations) {
            activations = ActivationLog.copy(vertices, copies);
        }
    }

    @Override
    public void onBackwardPass(Model model) {
        updateWeights = weigh.apply(copies);
    }
}
