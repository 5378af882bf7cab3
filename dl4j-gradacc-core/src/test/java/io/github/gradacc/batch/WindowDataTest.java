/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

class WindowDataTest {

    private final WindowData window = new WindowData();

    @Test
    void anEmptyWindowHasNoData() {
        assertThat(window.merged()).isNull();
    }

    @Test
    void aWindowOfOneBatchIsThatBatch() {
        MultiDataSet batch = new MultiDataSet(ones(2, 4), ones(2, 3));
        window.add(batch);
        assertThat(window.merged()).isSameAs(batch);
    }

    @Test
    void settledBatchesAreCopies() {
        INDArray reused = ones(2, 4);
        window.add(new MultiDataSet(reused, ones(2, 3)));
        window.settle();
        reused.assign(7);
        window.add(new MultiDataSet(reused, ones(2, 3)));
        assertThat(window.merged().getFeatures(0))
                .isEqualTo(Nd4j.concat(0, ones(2, 4), ones(2, 4).mul(7)));
    }

    @Test
    void volumesAreJoinedThoughDl4jDoesNotMergeThem() {
        window.add(new MultiDataSet(ones(2, 1, 3, 3, 3), ones(2, 1, 2, 2, 2)));
        window.add(new MultiDataSet(ones(1, 1, 3, 3, 3), ones(1, 1, 2, 2, 2)));
        assertThat(window.merged().getFeatures(0).shape()).containsExactly(3, 1, 3, 3, 3);
        assertThat(window.merged().getLabels(0).shape()).containsExactly(3, 1, 2, 2, 2);
    }

    @Test
    void masksByExampleDoNotMatterThoughDl4jDoesNotMergeThem() {
        window.add(new MultiDataSet(ones(2, 4), ones(2, 3), null, ones(2, 1)));
        window.add(new MultiDataSet(ones(1, 4), ones(1, 3), null, ones(1, 1)));
        assertThat(window.merged().getFeatures(0).shape()).containsExactly(3, 4);
    }

    @Test
    void sequencesArePaddedToTheLongest() {
        window.add(new MultiDataSet(ones(1, 2, 3), ones(1, 2, 3)));
        window.add(new MultiDataSet(ones(1, 2, 1), ones(1, 2, 1)));
        assertThat(window.merged().getFeatures(0).sum(1, 2).toDoubleVector()).containsExactly(6, 2);
    }

    private static INDArray ones(long... shape) {
        return Nd4j.ones(DataType.DOUBLE, shape);
    }
}
