/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import io.github.gradacc.testing.Data;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Labels that suit a loss. */
enum Labels {
    ONE_HOT,
    CLASS,
    BITS,
    SIGNS,
    SIGN,
    UNIT,
    NORMAL;

    /** Shape [examples, values]. */
    INDArray rows(Data data, int examples) {
        return switch (this) {
            case ONE_HOT -> data.oneHot(examples, 3);
            case CLASS -> data.indices(3, examples, 1);
            case BITS -> data.indices(2, examples, 3);
            case SIGNS -> data.signs(examples, 3);
            case SIGN -> data.signs(examples, 1);
            case UNIT -> data.unit(examples, 3);
            case NORMAL -> data.normal(examples, 3);
        };
    }

    /** Shape [examples, values, steps]. */
    INDArray sequences(Data data, int examples, int steps) {
        return switch (this) {
            case ONE_HOT -> data.oneHotSequences(examples, 3, steps);
            case CLASS -> data.indices(3, examples, 1, steps);
            case BITS -> data.indices(2, examples, 3, steps);
            case SIGNS -> data.signs(examples, 3, steps);
            case SIGN -> data.signs(examples, 1, steps);
            case UNIT -> data.unit(examples, 3, steps);
            case NORMAL -> data.normal(examples, 3, steps);
        };
    }
}
