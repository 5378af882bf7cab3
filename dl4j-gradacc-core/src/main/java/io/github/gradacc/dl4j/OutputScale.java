/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import org.apiguardian.api.API;

/** How a layer's output, before its activation function, follows the scale of its weights. */
@API(status = API.Status.INTERNAL)
public enum OutputScale {
    /** It is a linear function of the weights. */
    LINEAR,

    /** Not linear: the layer is recurrent. */
    RECURRENT,

    /** Not linear: the layer is attention. */
    ATTENTION,

    /** Layer normalization undoes any scale. */
    NORMALIZED,

    /** Not linear for another reason. */
    NONLINEAR,

    /** The activation function is a part of the layer's SameDiff graph, so the output before it is out of reach. */
    HIDDEN_ACTIVATION,

    /** Nothing is known of the layer. */
    UNKNOWN
}
