/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds everything in a configuration whose code runs in passes, whatever field of whatever class it hides in.
 *
 * <p>The fields of DL4J's classes are followed, collections and arrays included; in a class of a user's own, those it
 * inherits from DL4J. Objects that only run outside of passes are left out with all they hold.
 */
final class ConfigurationWalk {

    private final List<Part> parts = new ArrayList<>();
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

    /** Whether something below is trained by the gradient that is passed on. */
    private final boolean trainsBelow;

    private ConfigurationWalk(boolean trainsBelow) {
        this.trainsBelow = trainsBelow;
    }

    /**
     * Walks through the configuration of a layer or vertex.
     *
     * @param preprocessor of its input, or null
     * @param given what it is configured by
     * @param inference whether all of that, but for the preprocessor, runs as at test time
     * @param trainsBelow whether something below is trained by the gradient that is passed on
     * @return the parts, each before those inside of it
     */
    static List<Part> through(@Nullable Object preprocessor, Object given, boolean inference, boolean trainsBelow) {
        ConfigurationWalk walk = new ConfigurationWalk(trainsBelow);
        walk.visit(preprocessor, false);
        walk.visit(given, inference);
        return walk.parts;
    }

    private void visit(@Nullable Object object, boolean inference) {
        if (object == null || object instanceof INDArray || !seen.add(object)) {
            return;
        }
        if (object instanceof Iterable<?> several) {
            several.forEach(element -> visit(element, inference));
        } else if (object instanceof Map<?, ?> map) {
            visit(map.values(), inference);
        } else if (object instanceof Object[] array) {
            visit(Arrays.asList(array), inference);
        } else if (!isPlain(object)) {
            visitPart(object, inference);
        }
    }

    /** Numbers, strings, enumerations, arrays of numbers and the like. */
    private static boolean isPlain(Object object) {
        return object instanceof Enum
                || object.getClass().isArray()
                || object.getClass().getName().startsWith("java.");
    }

    private void visitPart(Object object, boolean inference) {
        boolean isIdle = inference && object instanceof IDropout;
        if (PassCode.runs(object) && !isIdle) {
            parts.add(new Part(object, inference));
        }
        if (!PassCode.runsOutside(object)) {
            visitFields(object, object.getClass(), inference || freezes(object));
        }
    }

    /**
     * {@code FrozenLayerWithBackprop} runs forward as at test time. DL4J 1.0.0-M2.1 computes its layer again for the
     * backward pass, as in training: dropout, weight noise and statistics of the batch are then in the gradient that it
     * passes on, and in nothing else.
     */
    private boolean freezes(Object object) {
        return object instanceof FrozenLayer || (object instanceof FrozenLayerWithBackprop && !trainsBelow);
    }

    private void visitFields(Object object, Class<?> type, boolean inference) {
        if (type.getSuperclass() != null) {
            visitFields(object, type.getSuperclass(), inference);
        }
        if (LayerView.isDl4js(type)) {
            Arrays.stream(type.getDeclaredFields())
                    .filter(field -> !Modifier.isStatic(field.getModifiers()))
                    .filter(field -> !field.getType().isPrimitive())
                    .forEach(field -> visit(valueOf(field, object), inference));
        }
    }

    private static @Nullable Object valueOf(Field field, Object object) {
        try {
            field.setAccessible(true);
            return field.get(object);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("DL4J's configuration classes must be readable, " + field + " is not", e);
        }
    }
}
