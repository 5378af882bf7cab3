/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.train.ShareFailure;
import io.github.gradacc.train.ShareInference;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.evaluation.IEvaluation;
import org.nd4j.evaluation.classification.EvaluationCalibration;
import org.nd4j.evaluation.regression.RegressionEvaluation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Evaluates, beginning with a copy of what the user gave.
 *
 * @param <E> the kind of evaluation
 */
final class EvaluationGauge<E extends IEvaluation<E>> implements Measure.Gauge<E> {

    private static final long serialVersionUID = 1L;

    private final byte[] empty;
    private final Class<E> type;

    /**
     * Copies.
     *
     * @param empty an evaluation to which nothing was added
     * @throws IllegalArgumentException if DL4J cannot merge evaluations of this kind
     */
    @SuppressWarnings("unchecked")
    EvaluationGauge(E empty) {
        if (empty instanceof EvaluationCalibration) {
            throw new IllegalArgumentException("An EvaluationCalibration cannot be made in parts: its merge(...) leaves"
                    + " histograms out (DL4J 1.0.0-M2.1). Collect what you calibrate on, and evaluate it on the driver"
                    + " by network.doEvaluation");
        }
        this.empty = Values.toBytes(empty);
        type = (Class<E>) empty.getClass();
    }

    @Override
    public E start() {
        return Values.fromBytes(empty, type);
    }

    @Override
    public Optional<ShareFailure> add(
            ShareInference network,
            int partition,
            int position,
            @Nullable MultiDataSet batch,
            Measure.Result<E> result) {
        return network.evaluate(partition, position, batch, List.of(result.value()));
    }

    @Override
    public E merge(E first, E next) {
        // Its merge leaves these sums out (DL4J 1.0.0-M2.1), on which its R squared depends.
        if (first instanceof RegressionEvaluation errors && next instanceof RegressionEvaluation more) {
            INDArray sums = more.getSumLabels();
            if (errors.getSumLabels() != null && sums != null) {
                errors.getSumLabels().addi(sums);
            }
        }
        first.merge(next);
        return first;
    }
}
