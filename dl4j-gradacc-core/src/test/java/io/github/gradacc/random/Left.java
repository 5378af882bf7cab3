/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import io.github.gradacc.testing.NetworkClass;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a training left behind.
 *
 * @param values by name: parameters, updater state and score; of a network that normalizes with the statistics of its
 *     micro-batch, the running statistics of its first layer only
 * @param counters steps and epochs, those of each layer included
 */
record Left(Map<String, double[]> values, List<Integer> counters) {

    /** As {@link io.github.gradacc.testing.Tolerance#assertClose} has it: for arrays that are zero but for rounding. */
    private static final double SMALLEST_SCALE = 1e-3;

    static <T extends Model> Left by(T network, boolean normalizesBatch) {
        NetworkClass<T> type = NetworkClass.of(network);
        Map<String, double[]> values = new LinkedHashMap<>();
        if (normalizesBatch) {
            type.layers(network)[0].paramTable().forEach((name, array) -> {
                if (name.equals("mean") || name.equals("var") || name.equals("log10stdev")) {
                    values.put(name, vector(array));
                }
            });
        } else {
            values.put("parameters", vector(network.params()));
            values.put("updater state", vector(type.updaterState(network)));
            values.put("score", new double[] {network.score()});
        }
        List<Integer> counters = new ArrayList<>(List.of(type.iterations(network), type.epochs(network)));
        for (Layer layer : type.layers(network)) {
            counters.add(layer.getIterationCount());
            counters.add(layer.getEpochCount());
        }
        return new Left(values, counters);
    }

    private static double[] vector(@Nullable INDArray array) {
        return array == null
                ? new double[0]
                : array.dup('c').reshape(array.length()).toDoubleVector();
    }

    /** The largest difference over the largest value that was expected; infinite if anything is NaN or missing. */
    double distance(String name, Left expected) {
        double[] theirs = expected.values.get(name);
        double[] ours = values.get(name);
        if (ours == null || theirs == null || ours.length != theirs.length) {
            return Double.POSITIVE_INFINITY;
        }
        double scale = SMALLEST_SCALE;
        double difference = 0;
        for (int i = 0; i < ours.length; i++) {
            scale = Math.max(scale, Math.abs(theirs[i]));
            double off = Math.abs(ours[i] - theirs[i]);
            if (!(off <= difference)) {
                difference = Double.isNaN(off) ? Double.POSITIVE_INFINITY : off;
            }
        }
        return difference / scale;
    }
}
