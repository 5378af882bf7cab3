/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import org.apiguardian.api.API;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;

/** Dropout and weight noise, which draw random numbers in a pass. */
@API(status = API.Status.INTERNAL)
public final class Noise {

    private Noise() {}

    /** Takes dropout and weight noise out of a configuration. RReLU stays: without it there is no activation. */
    public static void removeFrom(Layer layer) {
        layer.setIDropout(null);
        if (layer instanceof BaseLayer base) {
            base.setWeightNoise(null);
        }
    }
}
