/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
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

    public static Snapshot of(ComputationGraph graph) {
        INDArray state = graph.updaterState();
        return new Snapshot(
                graph.params().dup(),
                state == null ? null : state.dup(),
                graph.getIterationCount(),
                graph.getEpochCount(),
                graph.score(),
                List.copyOf(graph.getListeners()));
    }

    /** Asserts that nothing moved, and that no mask is left behind in a layer. */
    public void assertUnchanged(MultiLayerNetwork network) {
        assertSame(of(network), network.getLayers());
    }

    /** Asserts the same of a graph. */
    public void assertUnchanged(ComputationGraph graph) {
        assertSame(of(graph), graph.getLayers());
    }

    private void assertSame(Snapshot now, Layer[] layers) {
        assertThat(now.parameters).as("parameters").isEqualTo(parameters);
        assertThat(now.updaterState).as("updater state").isEqualTo(updaterState);
        assertThat(now.iteration).as("iteration").isEqualTo(iteration);
        assertThat(now.epoch).as("epoch").isEqualTo(epoch);
        assertThat(now.score).as("score").isEqualTo(score);
        assertThat(now.listeners).as("listeners").isEqualTo(listeners);
        for (Layer layer : layers) {
            assertThat(layer.getMaskArray()).as("mask of a layer").isNull();
        }
    }
}
