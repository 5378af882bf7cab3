/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.gradacc.array.RawArray;
import io.github.gradacc.train.ShareCount;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** What a step is put together from, without a cluster. */
class PiecesTest {

    @Test
    void piecesAreAddedInTheOrderOfTheirPartitions() {
        // Added from left to right this is 2; in every other order of the last three it is something else.
        double[] numbers = {1, 1e16, -1e16, 2};
        List<byte[]> arrived = new ArrayList<>();
        for (int source = 0; source < numbers.length; source++) {
            byte[] bytes = RawArray.of(Nd4j.createFromArray(numbers[source])).bytes();
            arrived.add(Values.toBytes(new Piece(source, null, DataType.DOUBLE, bytes)));
        }
        for (int seed = 0; seed < 10; seed++) {
            Collections.shuffle(arrived, new Random(seed));
            Piece sum =
                    Values.fromBytes(new AddPieces().call(arrived.iterator()).next(), Piece.class);
            INDArray array = new RawArray(DataType.DOUBLE, sum.elements(), 1).toArray();
            assertThat(array.getDouble(0)).isEqualTo(((1 + 1e16) - 1e16) + 2);
        }
    }

    @ParameterizedTest
    @CsvSource({"10, 8, 3, 3", "2, 8, 5, 2", "1, 4, 1, 1", "100000000, 8, 2, 12"})
    void slicesCoverTheArrayOnce(long length, int width, int partitions, int expected) {
        Slices slices = new Slices(length, width, partitions);
        assertThat(slices.numPartitions()).isEqualTo(expected);
        assertThat(slices.from(0)).isZero();
        for (int slice = 0; slice < expected; slice++) {
            assertThat(slices.to(slice)).isGreaterThan(slices.from(slice));
            assertThat(slices.getPartition(slice)).isEqualTo(slice);
        }
        assertThat(slices.to(expected - 1)).isEqualTo(length);
    }

    @Test
    void windowsTakeABatchOfEachPartitionInTurn() {
        Plan plan = new Plan(List.of(partition(1, 2, 3), partition(), partition(4, 5)));
        assertThat(plan.batches()).isEqualTo(5);
        Plan.Window first = plan.window(0, 3);
        assertThat(first.parts())
                .containsOnlyKeys(0, 2)
                .containsEntry(0, new Part(0, 2, 0, List.of(1L, 2L)))
                .containsEntry(2, new Part(0, 1, 3, List.of(4L)));
        assertThat(first.count()).isEqualTo(new ShareCount(7, 14, List.of(3.5)));
        assertThat(plan.window(3, 5).parts())
                .containsEntry(0, new Part(2, 3, 0, List.of(3L)))
                .containsEntry(2, new Part(1, 2, 3, List.of(5L)));
    }

    /** Its batches have as many micro-batches as their print says, of two examples each. */
    private static PartitionCount partition(long... prints) {
        List<ShareCount> counts = new ArrayList<>();
        List<Long> all = new ArrayList<>();
        for (long print : prints) {
            counts.add(new ShareCount((int) print, 2 * print, List.of(print / 2.0)));
            all.add(print);
        }
        return new PartitionCount(counts, all, null, null);
    }

    @Test
    void batchesComeBackAsTheyWere() {
        INDArray features = Nd4j.arange(24).reshape(3, 2, 4).castTo(DataType.FLOAT);
        INDArray labels = Nd4j.createFromArray(1, 0, 2).reshape(3, 1);
        INDArray mask = Nd4j.ones(DataType.DOUBLE, 3, 4);
        MultiDataSet data = new MultiDataSet(
                new INDArray[] {features, features.dup('f')},
                new INDArray[] {labels},
                new INDArray[] {null, mask},
                null);
        byte[] bytes = EncodedBatch.encode(data);
        org.nd4j.linalg.dataset.api.MultiDataSet back = EncodedBatch.decode(bytes);
        assertThat(back.getFeatures()).containsExactly(features, features);
        assertThat(back.getLabels()).containsExactly(labels);
        assertThat(back.getLabels(0).dataType()).isEqualTo(DataType.INT32);
        assertThat(back.getFeaturesMaskArrays()).containsExactly(null, mask);
        assertThat(back.getLabelsMaskArrays()).isNull();
        assertThat(EncodedBatch.decode(EncodedBatch.encode(null))).isNull();
        byte[] text = EncodedBatch.encode(new MultiDataSet(Nd4j.create("text"), Nd4j.zeros(1, 1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> EncodedBatch.decode(text))
                .withMessageContaining("UTF8");
        bytes[bytes.length - 1]++;
        assertThat(EncodedBatch.print(bytes)).isNotEqualTo(EncodedBatch.print(EncodedBatch.encode(data)));
    }

    @Test
    void workThatIsAskedToEndBeforeItBeginsIsInterrupted() throws InterruptedException {
        WorkerRun<Boolean> run = new WorkerRun<>(() -> Thread.currentThread().isInterrupted());
        Thread asking = new Thread(run::interrupt);
        asking.start();
        while (asking.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        run.run();
        asking.join();
        assertThat(run.result()).isTrue();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }
}
