/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.activations.impl.ActivationRReLU;

/** What draws random numbers in a pass: dropout, weight noise, and the slopes of RReLU. */
@API(status = API.Status.INTERNAL)
public final class Noise {

    private Noise() {}

    /** Returns the objects in a layer's configuration that draw; what is inside of a wrapper is not looked at. */
    public static List<Object> sourcesIn(Layer layer) {
        List<Object> sources = new ArrayList<>();
        sources.add(layer.getIDropout());
        sources.add(layer instanceof BaseLayer base ? base.getWeightNoise() : null);
        if (Wrapping.inner(layer).isEmpty()) {
            LayerTable.of(layer)
                    .activation()
                    .filter(ActivationRReLU.class::isInstance)
                    .ifPresent(sources::add);
        }
        return sources.stream().filter(Objects::nonNull).toList();
    }

    /** Takes dropout and weight noise out of a configuration. RReLU stays: without it there is no activation. */
    public static void removeFrom(Layer layer) {
        layer.setIDropout(null);
        if (layer instanceof BaseLayer base) {
            base.setWeightNoise(null);
        }
    }
}
