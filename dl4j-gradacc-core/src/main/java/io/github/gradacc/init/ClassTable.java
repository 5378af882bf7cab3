/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A value for each of some classes. A class that has none has that of the nearest superclass that does.
 *
 * @param <T> the type of the objects that are looked up
 * @param <V> the type of the values
 */
final class ClassTable<T, V> {

    private final Map<Class<?>, V> values = new HashMap<>();

    /** Adds a row, for building the table. */
    @SafeVarargs
    final ClassTable<T, V> put(V value, Class<? extends T>... classes) {
        for (Class<? extends T> each : classes) {
            values.put(each, value);
        }
        return this;
    }

    /** The value for the class of the object. */
    Optional<V> of(T object) {
        for (Class<?> each = object.getClass(); each != null; each = each.getSuperclass()) {
            V value = values.get(each);
            if (value != null) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }
}
