/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import io.github.gradacc.testing.NetworkClass;
import java.util.Arrays;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Everything that a training leaves behind, to the last bit: texts, so that two processes can compare them.
 *
 * @param parameters a hash of the bits of the parameters
 * @param updater a hash of the bits of the updater's state
 * @param counters steps and epochs, of the network and its layers
 * @param score the score
 * @param random where the random generator of this thread is
 */
record Outcome(String parameters, String updater, String counters, String score, String random) {

    static <M extends Model> Outcome of(M network) {
        NetworkClass<M> type = NetworkClass.of(network);
        StringBuilder counters = new StringBuilder(type.iterations(network) + " " + type.epochs(network));
        for (Layer layer : type.layers(network)) {
            counters.append(' ').append(layer.getIterationCount()).append(' ').append(layer.getEpochCount());
        }
        var random = Nd4j.getRandom();
        return new Outcome(
                bits(network.params()),
                bits(type.updaterState(network)),
                counters.toString(),
                Double.toHexString(network.score()),
                random.getSeed() + " " + random.rootState() + " " + random.nodeState());
    }

    private static String bits(INDArray array) {
        return array == null
                ? "none"
                : Integer.toHexString(Arrays.hashCode(array.dup().data().asDouble()));
    }

    String line() {
        return String.join("|", parameters, updater, counters, score, random);
    }
}
