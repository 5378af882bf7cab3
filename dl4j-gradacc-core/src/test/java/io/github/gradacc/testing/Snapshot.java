/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Everything of a network that a refused step must leave as it was, bit for bit. */
public record Snapshot(
        INDArray parameters,
        INDArray updaterState,
        int iteration,
        int epoch,
        double score,
        List<TrainingListener> listeners) {

    public static Snapshot of(MultiLayerNetwork network) {
        INDArray state = network.updaterState();
        return new Snapshot(
                network.params().dup(),
                state == null ? null : state.dup(),
                network.getIterationCount(),
                network.getEpochCount(),
                network.score(),
                List.copyOf(network.getListeners()));
    }

    /** Asserts that nothing moved, and that no mask is left behind in a layer. */
    public void assertUnchanged(MultiLayerNetwork network) {
        assertThat(network.params()).as("parameters").isEqualTo(parameters);
        assertThat(network.updaterState()).as("updater state").isEqualTo(updaterState);
        assertThat(network.getIterationCount()).as("iteration").isEqualTo(iteration);
        assertThat(network.getEpochCount()).as("epoch").isEqualTo(epoch);
        assertThat(network.score()).as("score").isEqualTo(score);
        assertThat(List.copyOf(network.getListeners())).as("listeners").isEqualTo(listeners);
        for (Layer layer : network.getLayers()) {
            assertThat(layer.getMaskArray()).as("mask of a layer").isNull();
        }
    }
}
