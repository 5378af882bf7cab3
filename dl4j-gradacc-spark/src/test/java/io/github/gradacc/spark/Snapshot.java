/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/** Everything that a step changes, bit by bit. */
record Snapshot(List<Double> parameters, List<Double> updater, int iteration, int epoch) {

    static Snapshot of(MultiLayerNetwork network) {
        return new Snapshot(
                Arrays.stream(network.params().toDoubleVector()).boxed().toList(),
                Arrays.stream(network.getUpdater().getStateViewArray().toDoubleVector())
                        .boxed()
                        .toList(),
                network.getIterationCount(),
                network.getEpochCount());
    }
}
