/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

class WindowDataTest {

    private final WindowData window = new WindowData();

    @Test
    void labelsOfSeveralRowsAreJoinedBlockByBlock() {
        WindowData window = new WindowData();
        for (double[] labels : new double[][] {{11, 12, 21, 22}, {13, 23}}) {
            INDArray rows = Nd4j.createFromArray(labels).reshape('c', false, labels.length, 1);
            window.add(Batch.of(new MultiDataSet(Nd4j.ones(labels.length / 2, 3), rows), 2));
        }
        assertThat(window.merged().getLabels(0).toDoubleVector()).containsExactly(11, 12, 13, 21, 22, 23);
        assertThat(window.merged().getFeatures(0).shape()).containsExactly(3, 3);
    }

    @Test
    void anEmptyWindowHasNoData() {
        assertThat(window.merged()).isNull();
    }

    @Test
    void aWindowOfOneBatchIsThatBatch() {
        MultiDataSet batch = new MultiDataSet(ones(2, 4), ones(2, 3));
        window.add(Batch.of(batch));
        assertThat(window.merged()).isSameAs(batch);
    }

    @Test
    void settledBatchesAreCopies() {
        INDArray reused = ones(2, 4);
        window.add(batch(reused, ones(2, 3)));
        window.settle();
        reused.assign(7);
        window.add(batch(reused, ones(2, 3)));
        assertThat(window.merged().getFeatures(0))
                .isEqualTo(Nd4j.concat(0, ones(2, 4), ones(2, 4).mul(7)));
    }

    @Test
    void volumesAreJoinedThoughDl4jDoesNotMergeThem() {
        window.add(batch(ones(2, 1, 3, 3, 3), ones(2, 1, 2, 2, 2)));
        window.add(batch(ones(1, 1, 3, 3, 3), ones(1, 1, 2, 2, 2)));
        assertThat(window.merged().getFeatures(0).shape()).containsExactly(3, 1, 3, 3, 3);
        assertThat(window.merged().getLabels(0).shape()).containsExactly(3, 1, 2, 2, 2);
    }

    @Test
    void masksByExampleDoNotMatterThoughDl4jDoesNotMergeThem() {
        window.add(batch(ones(2, 4), ones(2, 3), null, ones(2, 1)));
        window.add(batch(ones(1, 4), ones(1, 3), null, ones(1, 1)));
        assertThat(window.merged().getFeatures(0).shape()).containsExactly(3, 4);
    }

    @Test
    void sequencesArePaddedToTheLongest() {
        window.add(batch(ones(1, 2, 3), ones(1, 2, 3)));
        window.add(batch(ones(1, 2, 1), ones(1, 2, 1)));
        assertThat(window.merged().getFeatures(0).sum(1, 2).toDoubleVector()).containsExactly(6, 2);
    }

    @Test
    void theNextWindowIsCopiedIntoTheArraysOfTheLast() {
        window.add(batch(ones(2, 4), ones(2, 3), null, ones(2, 1)));
        window.add(batch(ones(2, 4), ones(2, 3), null, ones(2, 1)));
        INDArray before = window.batches().get(0).data().getFeatures(0);
        window.clear();
        window.clear();

        window.add(batch(ones(2, 4).mul(2), ones(2, 3).mul(3), null, ones(2, 1).mul(4)));
        window.settle();

        org.nd4j.linalg.dataset.api.MultiDataSet copy = window.batches().get(0).data();
        assertThat(copy.getFeatures(0)).isSameAs(before).isEqualTo(ones(2, 4).mul(2));
        assertThat(copy.getLabels(0)).isEqualTo(ones(2, 3).mul(3));
        assertThat(copy.getLabelsMaskArray(0)).isEqualTo(ones(2, 1).mul(4));
    }

    @Test
    void twoCopiesOfOneWindowHaveArraysOfTheirOwn() {
        fillAndClear(3);

        window.add(batch(ones(2, 4), ones(2, 3)));
        window.add(batch(ones(2, 4).mul(2), ones(2, 3)));
        window.settle();

        assertThat(window.merged().getFeatures(0))
                .isEqualTo(Nd4j.concat(0, ones(2, 4), ones(2, 4).mul(2)));
    }

    @Test
    void arraysOfAnotherLayoutAreNotReused() {
        fillAndClear(2);

        INDArray other = Nd4j.create(DataType.DOUBLE, new long[] {2, 4}, 'f').assign(5);
        window.add(batch(other, ones(2, 3)));
        window.settle();
        assertThat(window.batches().get(0).data().getFeatures(0).ordering()).isEqualTo('f');
        assertThat(window.batches().get(0).data().getFeatures(0)).isEqualTo(other);
    }

    /** The copy has the bits of its batch: not those that the type of an earlier one has room for. */
    @ParameterizedTest
    @CsvSource({"FLOAT, DOUBLE", "DOUBLE, FLOAT", "DOUBLE, INT"})
    void arraysOfAnotherTypeAreNotReused(DataType before, DataType now) {
        for (int i = 0; i < 2; i++) {
            window.add(batch(Nd4j.ones(before, 2, 4), Nd4j.ones(before, 2, 3), null, Nd4j.ones(before, 2, 1)));
        }
        window.clear();

        INDArray features = ones(2, 4).div(3).castTo(now);
        INDArray labels = ones(2, 3).div(7).castTo(now);
        INDArray mask = ones(2, 1).div(9).castTo(now);
        window.add(batch(features, labels, null, mask));
        window.settle();

        org.nd4j.linalg.dataset.api.MultiDataSet copy = window.batches().get(0).data();
        assertCopy(copy.getFeatures(0), features);
        assertCopy(copy.getLabels(0), labels);
        assertCopy(copy.getLabelsMaskArray(0), mask);
    }

    private static void assertCopy(INDArray copy, INDArray original) {
        assertThat(copy).isNotSameAs(original);
        assertThat(copy.dataType()).isEqualTo(original.dataType());
        assertThat(copy.data().asDouble()).isEqualTo(original.data().asDouble());
    }

    @Test
    void aBatchThatMayHaveBeenGivenAwayKeepsItsArrays() {
        window.add(batch(ones(2, 4), ones(2, 3)));
        window.settle();
        INDArray given = window.merged().getFeatures(0);
        window.clear();

        window.add(batch(ones(2, 4).mul(2), ones(2, 3)));
        window.settle();
        assertThat(given).isEqualTo(ones(2, 4));
    }

    private void fillAndClear(int batches) {
        for (int i = 0; i < batches; i++) {
            window.add(batch(ones(2, 4), ones(2, 3)));
        }
        window.clear();
    }

    private static Batch batch(INDArray... featuresLabelsAndMasks) {
        INDArray[] arrays = Arrays.copyOf(featuresLabelsAndMasks, 4);
        return Batch.of(new MultiDataSet(arrays[0], arrays[1], arrays[2], arrays[3]));
    }

    private static INDArray ones(long... shape) {
        return Nd4j.ones(DataType.DOUBLE, shape);
    }
}
