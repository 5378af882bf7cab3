/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.gradacc.testing.Data;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

@Timeout(60)
class BatchesTest {

    /** Milliseconds that a pause takes at least. */
    private static final int PAUSE = 10;

    private final Data data = new Data(3, DataType.DOUBLE);
    private final List<DataSet> sets = List.of(data.dataSet(2, 3, 4), data.dataSet(3, 3, 4), data.dataSet(1, 3, 4));

    /** Remembers which threads asked it for data. */
    private static class Watched extends ExistingDataSetIterator {
        private static final long serialVersionUID = 1L;
        private final transient ConcurrentLinkedQueue<Thread> threads = new ConcurrentLinkedQueue<>();
        private final boolean prefetch;

        Watched(List<DataSet> sets, boolean prefetch) {
            super(sets);
            this.prefetch = prefetch;
        }

        @Override
        public DataSet next() {
            threads.add(Thread.currentThread());
            return super.next();
        }

        @Override
        public boolean asyncSupported() {
            return prefetch;
        }
    }

    private static Batches open(DataSetIterator iterator) {
        return Batches.of(Batches.toMultiDataSets(iterator));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void prefetchesWhereTheIteratorAllowsIt(boolean prefetch) {
        Watched iterator = new Watched(sets, prefetch);
        List<INDArray> read = new ArrayList<>();
        try (Batches batches = open(iterator)) {
            while (batches.hasNext()) {
                read.add(batches.next().getFeatures(0).dup());
            }
        }
        assertThat(read)
                .containsExactlyElementsOf(
                        sets.stream().map(DataSet::getFeatures).toList());
        assertThat(iterator.threads.contains(Thread.currentThread())).isEqualTo(!prefetch);
    }

    @Test
    void endsItsThreadWhenClosedEarly() throws InterruptedException {
        Watched iterator = new Watched(sets, true);
        try (Batches batches = open(iterator)) {
            assertThat(batches.hasNext()).isTrue();
        }
        for (Thread thread : iterator.threads) {
            thread.join(10_000);
            assertThat(thread.isAlive()).isFalse();
        }
    }

    @Test
    void resetsAnIteratorThatIsAtItsEnd() {
        Watched iterator = new Watched(sets, false);
        while (iterator.hasNext()) {
            iterator.next();
        }
        try (Batches batches = open(iterator)) {
            assertThat(batches.hasNext()).isTrue();
        }
    }

    /** Both places where a slow iterator may keep its reader waiting count, until they are forgotten. */
    @Test
    void waitingForDataIsCountedAndForgotten() {
        try (Batches batches = open(new Watched(sets, false) {
            private static final long serialVersionUID = 1L;

            @Override
            public boolean hasNext() {
                pause();
                return super.hasNext();
            }

            @Override
            public DataSet next() {
                pause();
                return super.next();
            }
        })) {
            batches.forgetWaiting();
            assertThat(batches.hasNext()).isTrue();
            long inHasNext = batches.waitedMillis();
            assertThat(inHasNext).isGreaterThanOrEqualTo(PAUSE);
            assertThat(batches.next()).isNotNull();
            assertThat(batches.waitedMillis()).isGreaterThanOrEqualTo(inHasNext + PAUSE);
            batches.forgetWaiting();
            assertThat(batches.waitedMillis()).isZero();
        }
    }

    private static void pause() {
        LockSupport.parkNanos(2 * PAUSE * 1_000_000L);
    }

    @Test
    void wrapsADataSetWithoutCopying() {
        try (Batches batches = open(new Watched(sets, false))) {
            assertThat(batches.next().getFeatures(0)).isSameAs(sets.get(0).getFeatures());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 7, 8, 100})
    void microBatchesAreViewsThatCoverTheBatchInOrder(int size) {
        INDArray features = data.normal(7, 2, 3);
        INDArray mask = data.mask(7, 3);
        MultiDataSet batch = new MultiDataSet(
                new INDArray[] {features},
                new INDArray[] {data.oneHotSequences(7, 2, 3)},
                new INDArray[] {mask},
                new INDArray[] {null});
        List<org.nd4j.linalg.dataset.api.MultiDataSet> parts = new ArrayList<>();
        MicroBatches.of(Batch.of(batch), size).forEach(part -> parts.add(part.data()));
        assertThat(MicroBatches.of(Batch.of(batch), size).count()).isEqualTo(parts.size());

        assertThat(parts).hasSize((7 + size - 1) / size);
        assertThat(parts.stream().mapToLong(part -> part.getFeatures(0).size(0)).sum())
                .isEqualTo(7);
        assertThat(Nd4j.concat(
                        0, parts.stream().map(part -> part.getFeatures(0)).toArray(INDArray[]::new)))
                .isEqualTo(features);
        assertThat(Nd4j.concat(
                        0,
                        parts.stream().map(part -> part.getFeaturesMaskArray(0)).toArray(INDArray[]::new)))
                .isEqualTo(mask);
        assertThat(parts.get(0).getLabelsMaskArray(0)).isNull();
        parts.get(0).getFeatures(0).putScalar(0, 42);
        assertThat(features.getDouble(0)).isEqualTo(42);
    }

    @ParameterizedTest
    @CsvSource({
        "12, 5, '4, 4, 4'",
        "11, 5, '4, 4, 3'",
        "10, 5, '5, 5'",
        "5, 5, '5'",
        "6, 5, '3, 3'",
        "7, 2, '2, 2, 2, 1'",
        "3, 1, '1, 1, 1'",
        "32, 13, '11, 11, 10'"
    })
    void microBatchesAreAsFewAndAsEqualAsPossible(int examples, int size, String expected) {
        Batch batch = Batch.of(new MultiDataSet(data.normal(examples, 4), data.oneHot(examples, 3)));

        List<String> sizes = new ArrayList<>();
        MicroBatches.of(batch, size).forEach(part -> {
            sizes.add(String.valueOf(part.examples()));
            assertThat(part.data().getFeatures(0).size(0)).isEqualTo(part.examples());
        });

        assertThat(String.join(", ", sizes)).isEqualTo(expected);
    }

    /** Examples, the most of a micro-batch, a size to avoid, and the sizes that result. */
    @ParameterizedTest
    @CsvSource({
        "12, 5, 5, 4 4 4",
        "10, 5, 5, 4 3 3",
        "10, 5, 3, 5 5",
        "9, 4, 3, 2 2 2 2 1",
        // A batch that is small enough stays whole, and where nothing else is left, so does the cut.
        "5, 5, 5, 5",
        "3, 1, 1, 1 1 1"
    })
    void sizesAreAvoided(int examples, int most, int avoided, String sizes) {
        Batch batch = Batch.of(new MultiDataSet(Nd4j.ones(examples, 2), Nd4j.ones(examples, 1)));
        MicroBatches parts = MicroBatches.of(batch, most).avoiding(size -> size == avoided);
        List<String> found = new ArrayList<>();
        parts.forEach(part -> found.add(String.valueOf(part.examples())));
        assertThat(String.join(" ", found)).isEqualTo(sizes);
        assertThat(parts.count()).isEqualTo(found.size());
        assertThat(parts.sizes())
                .isSubsetOf(found.stream().map(Integer::valueOf).toList());
    }

    @Test
    void aMicroBatchHasAtLeastOneExample() {
        MultiDataSet batch = new MultiDataSet(data.normal(2, 4), data.oneHot(2, 3));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MicroBatches.of(Batch.of(batch), 0))
                .withMessageContaining("0");
    }

    /** Iterators may reuse their arrays for the next batch. */
    @Test
    void windowDataSurvivesTheReuseOfArrays() {
        INDArray features = data.normal(2, 4);
        INDArray labels = data.oneHot(2, 3);
        WindowData window = new WindowData();
        assertThat(window.merged()).isNull();
        window.add(Batch.of(new MultiDataSet(features, labels)));
        window.settle();
        INDArray first = features.dup();
        features.assign(data.normal(2, 4));
        window.add(Batch.of(new MultiDataSet(features, labels)));
        assertThat(window.merged().getFeatures(0)).isEqualTo(Nd4j.concat(0, first, features));
        window.clear();
        assertThat(window.merged()).isNull();
    }
}
