/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.gradacc.testing.Data;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Pools against the definition of what they pool: the updates of each micro-batch are computed from its data, and the
 * pooled update is compared with that of all data at once, or of one micro-batch after the other.
 */
class UpdatePoolTest {

    private static final int CHANNELS = 3;
    private static final int TOTAL = 24;
    /** None is 1: its variance of zero has no logarithm, which ends a sequence with decay 0. */
    private static final int[] SIZES = {5, 2, 8, 2, 7};

    private final INDArray values =
            new Data(5, DataType.DOUBLE).normal(TOTAL, CHANNELS).muli(4).addi(100);

    static Stream<Arguments> formsAndDecays() {
        return Stream.of(VarianceForm.values())
                .flatMap(form -> Stream.of(0.0, 0.1, 0.9, 0.999, 1.0).map(decay -> Arguments.of(form, decay)));
    }

    @ParameterizedTest
    @MethodSource("formsAndDecays")
    void pooledStatisticsMoveAsForAllDataAtOnce(VarianceForm form, double decay) {
        Statistics state = new Statistics(form, decay);
        UpdatePool pool = fed(state, StatisticsPolicy.POOLED);
        INDArray written = Nd4j.create(DataType.DOUBLE, 2 * CHANNELS);
        pool.writeTo(written);
        assertClose("update", written, state.updateFor(values), DOUBLE);
    }

    @ParameterizedTest
    @MethodSource("formsAndDecays")
    void sequentialStatisticsMoveAsForOneMicroBatchAfterTheOther(VarianceForm form, double decay) {
        Statistics state = new Statistics(form, decay);
        UpdatePool pool = fed(state, StatisticsPolicy.SEQUENTIAL);
        INDArray written = Nd4j.create(DataType.DOUBLE, 2 * CHANNELS);
        pool.writeTo(written);

        assertClose("update", written, oneAfterTheOther(form, decay), DOUBLE);
    }

    private INDArray oneAfterTheOther(VarianceForm form, double decay) {
        Statistics moving = new Statistics(form, decay);
        INDArray start = moving.parameters.dup();
        int from = 0;
        for (int size : SIZES) {
            moving.parameters.subi(moving.updateFor(rows(from, from += size)));
        }
        return start.sub(moving.parameters);
    }

    @ParameterizedTest
    @MethodSource("formsAndDecays")
    void mergedPoolsArePoolsOfAll(VarianceForm form, double decay) {
        for (StatisticsPolicy policy : StatisticsPolicy.values()) {
            Statistics state = new Statistics(form, decay);
            UpdatePool pool = fed(state, policy, 0, 1);
            pool.merge(fed(state, policy, 1, 3).state(), 2);
            pool.merge(fed(state, policy, 3, 5).state(), 2);
            INDArray written = Nd4j.create(DataType.DOUBLE, 2 * CHANNELS);
            pool.writeTo(written);
            INDArray expected =
                    policy == StatisticsPolicy.POOLED ? state.updateFor(values) : oneAfterTheOther(form, decay);
            assertClose(policy + " update", written, expected, DOUBLE);
        }
    }

    private UpdatePool fed(Statistics state, StatisticsPolicy policy) {
        return fed(state, policy, 0, SIZES.length);
    }

    private UpdatePool fed(Statistics state, StatisticsPolicy policy, int first, int end) {
        UpdatePool pool = state.at(policy).newPool(state.parameters);
        int from = 0;
        for (int m = 0; m < end; m++) {
            INDArray rows = rows(from, from += SIZES[m]);
            if (m >= first) {
                pool.add(state.updateFor(rows), new double[] {SIZES[m]});
            }
        }
        return pool;
    }

    private INDArray rows(int from, int to) {
        return values.get(NDArrayIndex.interval(from, to), NDArrayIndex.all());
    }

    /** Moving statistics by the definition that DL4J states: {@code x1 = decay x0 + (1 - decay) x_batch}. */
    private static final class Statistics {
        private final INDArray parameters;
        private final VarianceForm form;
        private final double decay;

        Statistics(VarianceForm form, double decay) {
            this.form = form;
            this.decay = decay;
            parameters = Nd4j.createFromArray(90.0, 100, 110, 9, 16, 25);
            for (int c = 0; c < CHANNELS; c++) {
                parameters.putScalar(CHANNELS + c, stored(parameters.getDouble(CHANNELS + c)));
            }
        }

        MovingStatistics at(StatisticsPolicy policy) {
            return new MovingStatistics(
                    new IndexRange(0, CHANNELS), new IndexRange(CHANNELS, 2 * CHANNELS), form, decay, policy);
        }

        /** Old minus new parameters for a batch of rows. */
        INDArray updateFor(INDArray rows) {
            INDArray update = Nd4j.create(DataType.DOUBLE, 2 * CHANNELS);
            for (int c = 0; c < CHANNELS; c++) {
                double mean = 0;
                for (int i = 0; i < rows.size(0); i++) {
                    mean += rows.getDouble(i, c) / rows.size(0);
                }
                double variance = 0;
                for (int i = 0; i < rows.size(0); i++) {
                    variance += Math.pow(rows.getDouble(i, c) - mean, 2) / rows.size(0);
                }
                double oldMean = parameters.getDouble(c);
                double old = parameters.getDouble(CHANNELS + c);
                update.putScalar(c, oldMean - (decay * oldMean + (1 - decay) * mean));
                update.putScalar(CHANNELS + c, old - stored(decay * variance(old) + (1 - decay) * variance));
            }
            return update;
        }

        private double stored(double variance) {
            return form == VarianceForm.VARIANCE ? variance : Math.log10(Math.sqrt(variance));
        }

        private double variance(double stored) {
            return form == VarianceForm.VARIANCE ? stored : Math.pow(Math.pow(10, stored), 2);
        }
    }

    /** Two classes with two features; equation 4 of Wen et al. 2016 for the micro-batches and for the whole. */
    @Test
    void classCentersMoveAsForAllDataAtOnce() {
        double[][] counts = {{2, 0}, {1, 3}, {0, 1}};
        double[][] numerators = {{4, -2, 0, 0}, {1, 1, 6, 3}, {0, 0, -5, 2}};
        UpdatePool pool = new ClassCenters(new IndexRange(1, 5), 2).newPool(Nd4j.create(6));
        for (int m = 0; m < 3; m++) {
            INDArray flat = Nd4j.create(DataType.DOUBLE, 6);
            for (int i = 0; i < 4; i++) {
                flat.putScalar(1 + i, numerators[m][i] / (1 + counts[m][i / 2]));
            }
            pool.add(flat, counts[m]);
        }
        INDArray written = Nd4j.valueArrayOf(6, 9.0).castTo(DataType.DOUBLE);
        pool.writeTo(written);
        INDArray expected = Nd4j.createFromArray(9, 5.0 / 4, -1.0 / 4, 1.0 / 5, 5.0 / 5, 9);
        assertClose("centers", written, expected, DOUBLE);
    }

    @Test
    void unknownUpdatesAreAveragedByExamples() {
        UpdatePool pool = new MeanUpdate(new IndexRange(0, 2)).newPool(Nd4j.create(2));
        pool.add(Nd4j.createFromArray(1.0, 10), new double[] {3});
        pool.add(Nd4j.createFromArray(5.0, -10), new double[] {1});
        INDArray written = Nd4j.create(DataType.DOUBLE, 2);
        pool.writeTo(written);
        assertThat(written.toDoubleVector()).containsExactly(2, 5);
    }

    @Test
    void poolsCheckThemselves() {
        IndexRange three = new IndexRange(0, 3);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MovingStatistics(
                        three, new IndexRange(3, 5), VarianceForm.VARIANCE, 0.9, StatisticsPolicy.POOLED))
                .withMessageContaining("same number of channels");
        for (double decay : new double[] {-0.1, 1.1, Double.NaN}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new MovingStatistics(
                            three, new IndexRange(3, 6), VarianceForm.VARIANCE, decay, StatisticsPolicy.POOLED))
                    .withMessageContaining("[0, 1]");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ClassCenters(three, 2))
                .withMessageContaining("divide");
    }
}
