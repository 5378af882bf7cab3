/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The activations of a window, for listeners that ask for them in {@code onForwardPass}.
 *
 * <p>They are copied only if a listener overrides that method, and then take the memory that the forward activations of the
 * big batch would take.
 */
final class ActivationLog extends BaseTrainingListener {

    private final List<List<INDArray>> parts = new ArrayList<>();

    /** Tells whether one of the listeners has an {@code onForwardPass} of its own. */
    static boolean isWantedBy(Collection<TrainingListener> listeners) {
        return listeners.stream().anyMatch(ActivationLog::overridesForwardPass);
    }

    private static boolean overridesForwardPass(TrainingListener listener) {
        try {
            return listener.getClass()
                            .getMethod("onForwardPass", Model.class, List.class)
                            .getDeclaringClass()
                    != BaseTrainingListener.class;
        } catch (NoSuchMethodException e) {
            throw new AssertionError("TrainingListener declares it", e);
        }
    }

    @Override
    public void onForwardPass(Model model, List<INDArray> activations) {
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            parts.add(activations.stream().map(INDArray::dup).toList());
        }
    }

    /** Returns the activations of the window, layer by layer, starting with the input. */
    List<INDArray> merged() {
        if (parts.isEmpty()) {
            return List.of();
        }
        List<INDArray> merged = new ArrayList<>();
        for (int layer = 0; layer < parts.get(0).size(); layer++) {
            int at = layer;
            merged.add(join(
                    parts.stream().map(part -> part.get(0).size(0)).toList(),
                    parts.stream().map(part -> part.get(at)).toList()));
        }
        return merged;
    }

    void clear() {
        parts.clear();
    }

    /**
     * Joins one layer's activations along the examples. Between recurrent layers DL4J folds time into the first dimension,
     * with the example running fastest; such arrays are unfolded, joined and folded again.
     */
    private static INDArray join(List<Long> examples, List<INDArray> arrays) {
        if (arrays.size() == 1) {
            return arrays.get(0);
        }
        if (!isFolded(examples, arrays)) {
            return Nd4j.concat(0, padded(arrays));
        }
        List<INDArray> unfolded = new ArrayList<>();
        for (int m = 0; m < arrays.size(); m++) {
            unfolded.add(unfold(arrays.get(m), examples.get(m)));
        }
        return fold(Nd4j.concat(0, padded(unfolded)));
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

    /**
     * Pads with zeros to the longest, where sequences differ in length. In native training, where the input was padded, a
     * layer may show values there: what it computes from that padding, which no loss sees.
     */
    private static INDArray[] padded(List<INDArray> arrays) {
        long[] longest = arrays.get(0).shape().clone();
        for (INDArray array : arrays) {
            for (int d = 1; d < longest.length; d++) {
                longest[d] = Math.max(longest[d], array.size(d));
            }
        }
        return arrays.stream().map(array -> padded(array, longest)).toArray(INDArray[]::new);
    }

    private static INDArray padded(INDArray array, long[] longest) {
        long[] target = longest.clone();
        target[0] = array.size(0);
        if (Arrays.equals(target, array.shape())) {
            return array;
        }
        INDArray result = Nd4j.zeros(array.dataType(), target);
        var corner = Arrays.stream(array.shape())
                .mapToObj(size -> NDArrayIndex.interval(0, size))
                .toArray(INDArrayIndex[]::new);
        result.put(corner, array);
        return result;
    }

    Set<TrainingListener> asListener() {
        return Set.of(this);
    }
}
