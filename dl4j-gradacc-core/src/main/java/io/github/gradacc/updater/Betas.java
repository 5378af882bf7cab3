/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import java.io.Serializable;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * How much of two moving averages stays at each step.
 *
 * @param first of the gradient's, at least 0 and below 1
 * @param second of the other's, at least 0 and below 1
 */
public record Betas(
        @JsonProperty(value = "first", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double first,

        @JsonProperty(value = "second", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double second)
        implements Serializable {

    /** Checks both. */
    @JsonCreator
    public Betas {
        check("first", first);
        check("second", second);
    }

    private static void check(String which, double beta) {
        if (!(beta >= 0 && beta < 1)) {
            throw new IllegalArgumentException("The " + which + " beta must be at least 0 and below 1, got " + beta);
        }
    }

    /** What is left of the zeros that the first average started with, taken from 1: {@code 1 - first^t}. */
    double firstCorrection(int iteration) {
        return 1 - Math.pow(first, iteration + 1.0);
    }

    /** The same for the second average. */
    double secondCorrection(int iteration) {
        return 1 - Math.pow(second, iteration + 1.0);
    }
}
