/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.array.Slice;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Values are 100 * example + 10 * channel + time, so that a wrong slice shows what it is. */
class TimeSegmentsTest {

    private static INDArray numbered(char order, int examples, int channels, int steps) {
        INDArray array = Nd4j.create(DataType.DOUBLE, new long[] {examples, channels, steps}, order);
        for (int e = 0; e < examples; e++) {
            for (int c = 0; c < channels; c++) {
                for (int t = 0; t < steps; t++) {
                    array.putScalar(new int[] {e, c, t}, 100 * e + 10 * c + t);
                }
            }
        }
        return array;
    }

    @Test
    void everySliceOfEverySliceHoldsWhatItShould() {
        for (char order : new char[] {'c', 'f'}) {
            INDArray all = numbered(order, 7, 3, 9);
            for (int from = 0; from < 7; from++) {
                for (int to = from + 1; to <= 7; to++) {
                    INDArray examples = Slice.of(all, 0, from, to);
                    for (int start = 0; start < 9; start++) {
                        for (int end = start + 1; end <= 9; end++) {
                            assertHolds(Slice.of(examples, 2, start, end), from, to, start, end);
                            assertHolds(Slice.of(Slice.of(all, 2, start, end), 0, from, to), from, to, start, end);
                        }
                    }
                }
            }
        }
    }

    private static void assertHolds(INDArray slice, int from, int to, int start, int end) {
        assertThat(slice.shape()).containsExactly(to - from, 3, end - start);
        INDArray copy = slice.dup('c');
        for (int e = from; e < to; e++) {
            for (int c = 0; c < 3; c++) {
                for (int t = start; t < end; t++) {
                    double expected = 100 * e + 10 * c + t;
                    assertThat(slice.getDouble(e - from, c, t - start)).isEqualTo(expected);
                    assertThat(copy.getDouble(e - from, c, t - start)).isEqualTo(expected);
                }
            }
        }
    }

    /** A bug of ND4J 1.0.0-M2.1, and the reason why batches are not cut with {@code get}. */
    @Test
    void nd4jLosesPartsOfViews() {
        INDArray view =
                numbered('c', 12, 3, 5).get(NDArrayIndex.interval(2, 12), NDArrayIndex.all(), NDArrayIndex.all());
        INDArray part = view.get(NDArrayIndex.interval(8, 10), NDArrayIndex.all(), NDArrayIndex.all());
        assertThat(part.isEmpty()).isTrue();
        assertThat(Slice.of(view, 0, 8, 10).getDouble(0, 1, 2)).isEqualTo(1012);
    }

    @Test
    void aSliceIsAView() {
        INDArray all = numbered('c', 4, 3, 5);
        Slice.of(all, 0, 1, 2).assign(-1);
        assertThat(all.getDouble(1, 2, 4)).isEqualTo(-1);
        assertThat(all.getDouble(2, 0, 0)).isEqualTo(200);
    }

    @Test
    void sequencesAndMasksAreCutAndTheRestIsWhole() {
        INDArray constant = Nd4j.ones(DataType.DOUBLE, 4, 2);
        INDArray mask = Nd4j.arange(28).castTo(DataType.DOUBLE).reshape('c', new long[] {4, 7});
        MultiDataSet batch = new MultiDataSet(
                new INDArray[] {constant, numbered('c', 4, 3, 7)},
                new INDArray[] {numbered('f', 4, 2, 7)},
                new INDArray[] {null, mask},
                null);
        assertThat(TimeSegments.count(Batch.of(batch), 3)).isEqualTo(3);
        assertThat(TimeSegments.count(Batch.of(batch), 7)).isEqualTo(1);
        assertThat(TimeSegments.count(Batch.of(batch), 8)).isEqualTo(1);
        var last = TimeSegments.cut(batch, 2, 3).orElseThrow();
        assertThat(last.getFeatures(0)).isSameAs(constant);
        assertThat(last.getFeatures(1).shape()).containsExactly(4, 3, 1);
        assertThat(last.getLabels(0).getDouble(3, 1, 0)).isEqualTo(316);
        assertThat(last.getFeaturesMaskArray(0)).isNull();
        assertThat(last.getFeaturesMaskArray(1).getDouble(1, 0)).isEqualTo(13);
        assertThat(last.getLabelsMaskArrays()).isNull();
        assertThat(TimeSegments.cut(batch, 3, 3)).isEmpty();
    }

    @Test
    void aBatchWithoutSequencesIsOneSegment() {
        MultiDataSet batch = new MultiDataSet(Nd4j.ones(4, 2), Nd4j.ones(4, 3));
        assertThat(TimeSegments.count(Batch.of(batch), 3)).isEqualTo(1);
        assertThat(TimeSegments.cut(batch, 0, 3)).containsSame(batch);
        assertThat(TimeSegments.cut(batch, 1, 3)).isEmpty();
    }
}
