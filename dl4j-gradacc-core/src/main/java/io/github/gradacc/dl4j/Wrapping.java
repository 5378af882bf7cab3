/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.Optional;
import java.util.stream.Stream;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;

/** What is inside of layers that hold other layers. DL4J's wrappers have three unrelated base classes. */
@API(status = API.Status.INTERNAL)
public final class Wrapping {

    private Wrapping() {}

    /** Returns the configuration one level inside of a wrapper; the forward layer of a bidirectional one. */
    public static Optional<Layer> inner(Layer layer) {
        if (layer instanceof BaseWrapperLayer wrapper) {
            return Optional.of(wrapper.getUnderlying());
        } else if (layer instanceof Bidirectional both) {
            return Optional.of(both.getFwd());
        }
        return layer instanceof FrozenLayer frozen ? Optional.of(frozen.getLayer()) : Optional.empty();
    }

    /** Returns the configuration inside of all wrappers, or the layer itself. */
    public static Layer innermost(Layer layer) {
        return inner(layer).map(Wrapping::innermost).orElse(layer);
    }

    /** Returns a layer, all that are inside of it, and the backward layers of bidirectional ones. */
    static Stream<Layer> all(Layer layer) {
        Stream<Layer> inside = inner(layer).stream().flatMap(Wrapping::all);
        Stream<Layer> backward = layer instanceof Bidirectional both ? all(both.getBwd()) : Stream.of();
        return Stream.of(Stream.of(layer), inside, backward).flatMap(each -> each);
    }

    /** Returns the vertex inside of frozen ones, or the vertex itself. */
    static GraphVertex innermost(GraphVertex vertex) {
        return vertex instanceof FrozenVertex frozen ? innermost(frozen.getUnderlying()) : vertex;
    }

    /** Returns the vertex that holds a layer, frozen or not. */
    static Optional<LayerVertex> layerVertex(GraphVertex vertex) {
        return innermost(vertex) instanceof LayerVertex layer ? Optional.of(layer) : Optional.empty();
    }

    /** Returns the layer inside of all wrappers, or the layer itself. */
    static org.deeplearning4j.nn.api.Layer innermost(org.deeplearning4j.nn.api.Layer layer) {
        return layer instanceof org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer wrapper
                ? innermost(wrapper.getUnderlying())
                : layer;
    }
}
