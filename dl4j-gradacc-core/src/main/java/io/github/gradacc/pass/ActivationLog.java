/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.array.PaddedConcatenation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The activations of a window, for listeners that ask for them in {@code onForwardPass}.
 *
 * <p>They are copied only if a listener overrides that method, and then take the memory that the forward activations of
 * the big batch would take. Where sequences differ in length the shorter ones are shown with zeros at the end; native
 * training shows there what a layer computes from the padding, which no loss sees.
 */
final class ActivationLog {

    /** The name under which the input of a network without named inputs is filed. */
    private static final String INPUT = "input";

    private final List<WindowActivations> parts = new ArrayList<>();

    /**
     * Returns one layer's activations in a part. Where the sequences have ended, zeros of another part's shape: one
     * step for each example, if time is folded, which joining pads to as many as there are.
     */
    private static INDArray of(String name, WindowActivations part, WindowActivations like) {
        INDArray own = part.activations().get(name);
        if (own != null) {
            return own;
        }
        INDArray other = Objects.requireNonNull(like.activations().get(name));
        // A copy: ND4J hands out the array's own.
        long[] shape = other.shape().clone();
        shape[0] = part.examples();
        return Nd4j.zeros(other.dataType(), shape);
    }

    /** Tells whether one of the listeners has an {@code onForwardPass} of its own. */
    static boolean isWantedBy(Collection<TrainingListener> listeners) {
        return listeners.stream().anyMatch(ActivationLog::overridesForwardPass);
    }

    private static boolean overridesForwardPass(TrainingListener listener) {
        return overrides(listener, List.class) || overrides(listener, Map.class);
    }

    private static boolean overrides(TrainingListener listener, Class<?> activations) {
        try {
            return listener.getClass()
                            .getMethod("onForwardPass", Model.class, activations)
                            .getDeclaringClass()
                    != BaseTrainingListener.class;
        } catch (NoSuchMethodException e) {
            throw new AssertionError("TrainingListener declares it", e);
        }
    }

    /** Copies the activations of a micro-batch, given layer by layer and the input first. */
    static Map<String, INDArray> copy(List<INDArray> layers, int copies) {
        Map<String, INDArray> named = new LinkedHashMap<>();
        for (int i = 0; i < layers.size(); i++) {
            named.put(i == 0 ? INPUT : String.valueOf(i - 1), layers.get(i));
        }
        return copy(named, copies);
    }

    /**
     * Copies the activations of a micro-batch, given by the names of the vertices.
     *
     * @param copies how many copies of each example they hold; those of the first are taken
     */
    static Map<String, INDArray> copy(Map<String, INDArray> vertices, int copies) {
        Map<String, INDArray> own = new LinkedHashMap<>();
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            vertices.forEach((name, activations) -> own.put(
                    name,
                    copies == 1
                            ? activations.dup()
                            : LoneMask.first(activations).dup()));
        }
        return own;
    }

    /** Adds the activations of the next micro-batch, not copied; none if its sequences have ended. */
    void add(long examples, Map<String, INDArray> activations) {
        parts.add(new WindowActivations(examples, activations));
    }

    /**
     * Joins the activations of the window, by name; those of a stack of layers in their order, starting with the input.
     */
    Map<String, INDArray> joined() {
        Map<String, INDArray> joined = new LinkedHashMap<>();
        parts.stream().filter(part -> !part.activations().isEmpty()).findFirst().ifPresent(like -> {
            List<Long> examples =
                    parts.stream().map(WindowActivations::examples).toList();
            for (String name : like.activations().keySet()) {
                joined.put(
                        name,
                        join(
                                examples,
                                parts.stream().map(part -> of(name, part, like)).toList()));
            }
        });
        return joined;
    }

    /** Returns what it holds, the arrays not copied. */
    List<WindowActivations> parts() {
        return List.copyOf(parts);
    }

    /** Holds these from now on, not copied. */
    void restore(List<WindowActivations> saved) {
        parts.clear();
        parts.addAll(saved);
    }

    void clear() {
        parts.clear();
    }

    /**
     * Joins one layer's activations along the examples. Between recurrent layers DL4J folds time into the first
     * dimension, with the example running fastest; such arrays are unfolded, joined and folded again.
     */
    private static INDArray join(List<Long> examples, List<INDArray> arrays) {
        if (arrays.size() == 1) {
            return arrays.get(0);
        }
        if (!isFolded(examples, arrays)) {
            return PaddedConcatenation.of(arrays);
        }
        List<INDArray> unfolded = new ArrayList<>();
        for (int m = 0; m < arrays.size(); m++) {
            unfolded.add(unfold(arrays.get(m), examples.get(m)));
        }
        return fold(PaddedConcatenation.of(unfolded));
    }

    /** All are folded if one is: sequences of one step look the same either way. */
    private static boolean isFolded(List<Long> examples, List<INDArray> arrays) {
        boolean folded = false;
        for (int m = 0; m < arrays.size(); m++) {
            long rows = arrays.get(m).size(0);
            if (rows % examples.get(m) != 0) {
                return false;
            }
            folded |= rows != examples.get(m);
        }
        return folded;
    }

    private static INDArray unfold(INDArray array, long examples) {
        long[] shape = array.shape();
        long[] unfolded = new long[shape.length + 1];
        unfolded[0] = examples;
        unfolded[1] = shape[0] / examples;
        System.arraycopy(shape, 1, unfolded, 2, shape.length - 1);
        return array.dup('f').reshape('f', unfolded);
    }

    private static INDArray fold(INDArray array) {
        long[] shape = array.shape();
        long[] folded = Arrays.copyOfRange(shape, 1, shape.length);
        folded[0] = shape[0] * shape[1];
        return array.dup('f').reshape('f', folded);
    }
}
