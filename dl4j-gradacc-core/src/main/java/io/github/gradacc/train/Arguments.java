/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/** Checks of what a training is given, in the same words wherever it is trained. */
@API(status = API.Status.INTERNAL)
public final class Arguments {

    private Arguments() {}

    /**
     * Returns a number.
     *
     * @throws IllegalArgumentException if it is less than 1
     */
    public static int atLeastOne(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, got " + value);
        }
        return value;
    }

    /**
     * Returns a setting.
     *
     * @throws IllegalArgumentException if it is null
     */
    public static <T> T given(String name, @Nullable T value) {
        if (value == null) {
            throw new IllegalArgumentException(name + " must not be null");
        }
        return value;
    }
}
