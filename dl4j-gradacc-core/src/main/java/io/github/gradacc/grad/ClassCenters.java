/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.Arrays;
import java.util.List;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The centers of a center loss (Wen et al. 2016, "A Discriminative Feature Learning Approach for Deep Face
 * Recognition", equation 4), one row of features per class.
 *
 * <p>A batch with {@code n_j} examples of class j moves center j by {@code numerator_j / (1 + n_j)}. The numerators are
 * sums over examples and add up; the quotients do not. With the class counts {@code n_mj} of each micro-batch as
 * weights,
 *
 * <pre>
 *   update_j = sum_m (1 + n_mj) update_mj / (1 + sum_m n_mj)
 * </pre>
 *
 * @param at range of the centers, row by row: all features of class 0, then of class 1, and so on
 * @param classes number of classes, a divisor of the range's length
 */
@API(status = API.Status.INTERNAL)
public record ClassCenters(IndexRange at, int classes) implements UpdateRule {

    /** @throws IllegalArgumentException if the range cannot be divided into the classes */
    public ClassCenters {
        if (classes < 1 || at.length() % classes != 0) {
            throw new IllegalArgumentException(
                    "The " + at.length() + " elements of the centers must divide into " + classes + " classes");
        }
    }

    @Override
    public List<IndexRange> ranges() {
        return List.of(at);
    }

    @Override
    public UpdatePool newPool(INDArray parameters) {
        return new Pool();
    }

    /** Its weights are the number of examples of each class. */
    private final class Pool implements UpdatePool {

        private final double[] numerator = new double[Math.toIntExact(at.length())];
        private final double[] counts = new double[classes];

        @Override
        public void add(INDArray flat, double[] weights) {
            double[] update = at.of(flat).toDoubleVector();
            for (int i = 0; i < update.length; i++) {
                numerator[i] += update[i] * (1 + weights[classOf(i)]);
            }
            for (int j = 0; j < classes; j++) {
                counts[j] += weights[j];
            }
        }

        @Override
        public List<double[]> state() {
            return List.of(numerator.clone(), counts.clone());
        }

        @Override
        public void restore(List<double[]> state) {
            System.arraycopy(state.get(0), 0, numerator, 0, numerator.length);
            System.arraycopy(state.get(1), 0, counts, 0, counts.length);
        }

        @Override
        public void merge(List<double[]> state, int microBatches) {
            Arrays.setAll(numerator, i -> numerator[i] + state.get(0)[i]);
            Arrays.setAll(counts, j -> counts[j] + state.get(1)[j]);
        }

        @Override
        public void writeTo(INDArray flat) {
            INDArray view = at.of(flat);
            for (int i = 0; i < numerator.length; i++) {
                view.putScalar(i, numerator[i] / (1 + counts[classOf(i)]));
            }
        }

        private int classOf(int position) {
            return position / (numerator.length / classes);
        }
    }
}
