/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.Arrays;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.ReshapeVertex;
import org.nd4j.linalg.activations.impl.ActivationRReLU;

/**
 * An object in the configuration of a network whose code runs in forward and backward passes: a layer, a vertex, an
 * activation function, a loss, ...
 *
 * @param object the object, not a copy
 * @param inference whether it runs as at test time also in training, being inside of a frozen layer
 */
@API(status = API.Status.INTERNAL)
public record Part(Object object, boolean inference) {

    /**
     * Tells whether its class was examined: it treats each example by itself, but for what {@link LayerTable} and the
     * other methods here say. Nothing is known of any other class, subclasses of examined ones included.
     */
    public boolean isExamined() {
        return PassCode.isExamined(object.getClass()) && !mayMixExamples();
    }

    /**
     * Tells whether it draws random numbers: DL4J's dropout and weight noise, and the slopes of RReLU. That of others
     * may draw or not, it is not examined.
     */
    public boolean drawsNoise() {
        return !inference && isExamined() && (PassCode.isNoise(object) || object instanceof ActivationRReLU);
    }

    /** Settings of examined classes that reach over the dimension of the examples. */
    private boolean mayMixExamples() {
        if (object instanceof L2NormalizeVertex norm && norm.getDimension() != null) {
            return Arrays.stream(norm.getDimension()).anyMatch(dimension -> dimension == 0);
        }
        return object instanceof ReshapeVertex reshape && reshape.getReshapeOrder() != 'c';
    }

    /** Tells whether its output has a fixed number of rows, whatever the number of examples. */
    public boolean hasFixedBatch() {
        return object instanceof ReshapeVertex reshape && reshape.getNewShape()[0] != -1;
    }
}
