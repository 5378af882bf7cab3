/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.core.JsonProcessingException;

/**
 * A second network around the parameters of the first: the same parameter array, and everything else its own.
 *
 * <p>Configurations hold objects that remember things between a forward and a backward pass (a dropout's mask, for
 * example), and DL4J's clones share some of them. So the configuration is copied by way of its JSON, which leaves
 * nothing in common.
 */
@API(status = API.Status.INTERNAL)
public final class Replica {

    private Replica() {}

    /**
     * Makes a replica.
     *
     * @param network the network, not changed
     * @param change changes the copied configuration before the replica is made
     * @throws IllegalStateException if the configuration cannot be written to JSON and read again
     */
    public static Network of(Network network, Consumer<ConfigurationCopy> change) {
        return make(network, change, shared -> shared);
    }

    /**
     * Makes a replica for a look inside: without noise, in one segment, and without workspaces, so that every array it
     * computes stays valid.
     *
     * @param network the network, not changed
     * @throws IllegalStateException if the configuration cannot be written to JSON and read again
     */
    public static Network quiet(Network network) {
        return of(network, configuration -> {
            configuration.setWorkspaces(WorkspaceMode.NONE);
            configuration.setBackpropagation(BackpropType.Standard);
            configuration.layers().forEach(Noise::removeFrom);
        });
    }

    /**
     * Makes a network that has nothing in common with another one: of the same configuration, around a copy of its
     * parameters, with its counters. It has no listeners, and an updater without state.
     *
     * @param network the network, not changed
     * @throws IllegalStateException if the configuration cannot be written to JSON and read again
     */
    public static Network detached(Network network) {
        Network copy = make(network, unchanged -> {}, INDArray::dup);
        copy.setIteration(network.iteration());
        copy.setEpoch(network.epoch());
        return copy;
    }

    private static Network make(
            Network network, Consumer<ConfigurationCopy> change, UnaryOperator<INDArray> parameters) {
        Network made = network.replica(change, parameters);
        LayerHelper.match(network, made);
        return made;
    }

    /**
     * Reads what a configuration writes.
     *
     * @param layers those it describes: an error names the first that is at fault by itself
     */
    static <T> T copy(
            List<LayerView> layers, T configuration, Function<T, String> toJson, Function<String, T> fromJson) {
        try {
            return fromJson.apply(toJson.apply(configuration));
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "A copy of the network's configuration is made by way of its JSON, and this one cannot be written"
                            + " to JSON and read again, which saving the network needs, too"
                            + layers.stream()
                                    .filter(layer -> !layer.isStorable())
                                    .findFirst()
                                    .map(layer -> ": layer '" + layer.name() + "', a " + layer.type() + ", cannot")
                                    .orElse("")
                            + ". Make classes of your own in"
                            + " it public (and static, if nested) with a constructor that Jackson can call: one without"
                            + " parameters, or one with @JsonCreator. The cause: " + message(e),
                    e);
        }
    }

    /** Writes a configuration, and reads it once: what is written is read elsewhere, where an error helps nobody. */
    static <T> String portable(
            List<LayerView> layers, T configuration, Function<T, String> toJson, Function<String, T> fromJson) {
        copy(layers, configuration, toJson, fromJson);
        return toJson.apply(configuration);
    }

    /** Reads what {@link #portable} wrote. */
    static <T> T read(String json, Function<String, T> fromJson) {
        try {
            return fromJson.apply(json);
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "The network's configuration was written to JSON elsewhere and cannot be read here. Are the classes"
                            + " of its layers, losses and preprocessors on this class path, too? The cause: "
                            + message(e),
                    e);
        }
    }

    /** Without the JSON that Jackson quotes. */
    private static String message(RuntimeException e) {
        return e.getCause() instanceof JsonProcessingException cause ? cause.getOriginalMessage() : e.toString();
    }
}
