/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.layers.BaseOutputLayer;
import org.deeplearning4j.nn.layers.training.CenterLossOutputLayer;

/** What DL4J's output layers report as their score in a network configured with {@code miniBatch(false)}. */
final class OutputScore {

    private OutputScore() {}

    /** Output layers then report the sum over examples; loss layers and center loss report the mean all the same. */
    static boolean isSum(Layer output) {
        return output instanceof BaseOutputLayer && !(output instanceof CenterLossOutputLayer);
    }
}
