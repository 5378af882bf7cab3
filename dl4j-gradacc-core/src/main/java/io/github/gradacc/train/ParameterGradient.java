/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.pass.TrainedParameter;
import java.util.OptionalInt;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The gradient of one trained parameter.
 *
 * @param layer the name of its layer; the index of a layer in a {@code MultiLayerNetwork} that was given none
 * @param name DL4J's name of the parameter in its layer, such as "W" and "b"
 * @param kind what the parameter is in its layer
 * @param outputAxis the axis of its outputs: 1 for matrices [nIn, nOut], 0 for convolutions [nOut, nIn, ...]; empty for
 *     biases and the like, and for weights that a layer keeps in a layout of its own
 * @param gradient the gradient, of the parameter's shape: a view, to be changed in place
 * @param value the parameter, of the same shape: a view, not to be changed
 */
public record ParameterGradient(
        String layer, String name, Kind kind, OptionalInt outputAxis, INDArray gradient, INDArray value) {

    /** What a parameter is in its layer. */
    public enum Kind {
        /** Mixes inputs into outputs. */
        WEIGHT,

        /** Is added. */
        BIAS,

        /** Scales or shifts single values: gamma and beta of normalization, gains, slopes. */
        OTHER
    }

    static ParameterGradient of(TrainedParameter parameter) {
        Kind kind = switch (parameter.role()) {
            case WEIGHT -> Kind.WEIGHT;
            case BIAS -> Kind.BIAS;
            case OTHER -> Kind.OTHER;
        };
        return new ParameterGradient(
                parameter.layer(),
                parameter.name(),
                kind,
                parameter.outputAxis(),
                parameter.gradient(),
                parameter.value());
    }
}
