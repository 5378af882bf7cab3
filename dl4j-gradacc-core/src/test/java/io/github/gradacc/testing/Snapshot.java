/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
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

    public static <T extends Model> Snapshot of(T network) {
        NetworkClass<T> type = NetworkClass.of(network);
        INDArray state = type.updaterState(network);
        return new Snapshot(
                network.params().dup(),
                state == null ? null : state.dup(),
                type.iterations(network),
                type.epochs(network),
                network.score(),
                List.copyOf(type.listeners(network)));
    }

    /** Asserts that nothing moved, and that no mask is left behind in a layer. */
    public <T extends Model> void assertUnchanged(T network) {
        Snapshot now = of(network);
        assertThat(now.parameters).as("parameters").isEqualTo(parameters);
        assertThat(now.updaterState).as("updater state").isEqualTo(updaterState);
        assertThat(now.iteration).as("iteration").isEqualTo(iteration);
        assertThat(now.epoch).as("epoch").isEqualTo(epoch);
        assertThat(now.score).as("score").isEqualTo(score);
        assertThat(now.listeners).as("listeners").isEqualTo(listeners);
        for (Layer layer : NetworkClass.of(network).layers(network)) {
            assertThat(layer.getMaskArray()).as("mask of a layer").isNull();
        }
    }
}
