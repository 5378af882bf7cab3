/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.testing.Data;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GradientSumTest {

    private final GradientSum sum = new GradientSum();

    private static GradientLayout all(long length) {
        return new GradientLayout(length, List.of(new IndexRange(0, length)), List.of());
    }

    private static MicroGradient part(INDArray flat, GradientLayout layout, int examples, double score) {
        return new MicroGradient(flat, flat, layout, examples, score, 10 * score, List.of());
    }

    private static MicroGradient part(INDArray flat) {
        return part(flat, all(flat.length()), 1, 0);
    }

    /** As the trainer does it: every part is computed into the same array. */
    private INDArray sumOf(INDArray shared, INDArray... parts) {
        for (INDArray part : parts) {
            sum.settle();
            shared.assign(part);
            sum.add(part(shared));
        }
        sum.writeTo(shared);
        return shared;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 13, 207})
    void isTheSumInOrderBitForBit(int parts) {
        Data data = new Data(parts, DataType.DOUBLE);
        INDArray[] gradients = new INDArray[parts];
        double[] expected = new double[31];
        for (int m = 0; m < parts; m++) {
            gradients[m] = data.normal(31);
            for (int i = 0; i < 31; i++) {
                expected[i] = m == 0 ? gradients[m].getDouble(i) : expected[i] + gradients[m].getDouble(i);
            }
        }
        INDArray shared = Nd4j.create(DataType.DOUBLE, 31);
        for (int window = 0; window < 2; window++) {
            assertThat(sumOf(shared, gradients).toDoubleVector()).isEqualTo(expected);
            sum.clear();
        }
    }

    @Test
    void ofOnePartIsThatPartUntouched() {
        INDArray only = new Data(1, DataType.FLOAT).normal(5);
        INDArray copy = only.dup();
        sum.add(part(only));
        sum.writeTo(only);
        assertThat(only).isEqualTo(copy);
    }

    @Test
    void ofSettledPartsIsWrittenAnywhere() {
        INDArray shared = Nd4j.createFromArray(1.0, 2.0);
        sum.add(part(shared));
        sum.settle();
        shared.assign(100);
        INDArray other = Nd4j.create(DataType.DOUBLE, 2);
        sum.writeTo(other);
        assertThat(other.toDoubleVector()).containsExactly(1, 2);
    }

    /** 2048 + 1 is 2048 in HALF, and 256 + 1 is 256 in BFLOAT16: a running sum in those types would stall. */
    @ParameterizedTest
    @EnumSource(names = {"HALF", "BFLOAT16"})
    void ofSixteenBitPartsIsKeptInFloat(DataType type) {
        INDArray shared = Nd4j.create(type, 3);
        INDArray[] ones = new INDArray[4096];
        Arrays.fill(ones, Nd4j.ones(type, 3));
        sumOf(shared, ones);
        assertThat(shared.dataType()).isEqualTo(type);
        assertThat(shared.castTo(DataType.DOUBLE).toDoubleVector()).containsExactly(4096, 4096, 4096);
    }

    @Test
    void leavesAloneWhatTheBackwardPassDoesNotWrite() {
        GradientLayout layout = new GradientLayout(6, List.of(new IndexRange(1, 3), new IndexRange(4, 5)), List.of());
        INDArray shared = Nd4j.createFromArray(7.0, 1, 1, 7, 1, 7);
        sum.add(part(shared, layout, 1, 0));
        sum.settle();
        sum.add(part(shared, layout, 1, 0));
        sum.settle();
        sum.add(part(shared, layout, 1, 0));
        sum.writeTo(shared);
        assertThat(shared.toDoubleVector()).containsExactly(7, 3, 3, 7, 3, 7);
    }

    @Test
    void countsExamplesAndPoolsScores() {
        INDArray shared = Nd4j.create(DataType.DOUBLE, 1);
        sum.add(part(shared, all(1), 3, 2.0));
        sum.settle();
        sum.add(part(shared, all(1), 1, 6.0));
        assertThat(sum.examples()).isEqualTo(4);
        assertThat(sum.microBatches()).isEqualTo(2);
        assertThat(sum.meanScore()).isEqualTo((3 * 2.0 + 1 * 6.0) / 4);
        assertThat(sum.summedScore()).isEqualTo(80.0);
        sum.clear();
        assertThat(sum.examples()).isZero();
        assertThat(sum.microBatches()).isZero();
        assertThat(sum.meanScore()).isZero();
        assertThat(sum.summedScore()).isZero();
    }

    @Test
    void forgetsEverythingWhenCleared() {
        INDArray shared = Nd4j.createFromArray(1.0, 2.0);
        sum.add(part(shared));
        sum.settle();
        sum.add(part(shared));
        sum.clear();
        assertThat(sumOf(shared, Nd4j.createFromArray(3.0, 4.0)).toDoubleVector())
                .containsExactly(3, 4);
    }

    @Test
    void zerosCountButAreNotAdded() {
        INDArray shared = Nd4j.createFromArray(1.0, 2.0);
        sum.add(part(shared, all(2), 3, 2.0));
        sum.add(new ZeroGradient(1, 6.0));
        sum.writeTo(shared);
        assertThat(shared.toDoubleVector()).containsExactly(1, 2);
        assertThat(sum.examples()).isEqualTo(4);
        assertThat(sum.microBatches()).isEqualTo(2);
        assertThat(sum.meanScore()).isEqualTo((3 * 2.0 + 1 * 6.0) / 4);
        assertThat(sum.score()).isEqualTo(sum.meanScore() + 20.0);
    }

    /** Equal layouts need not be the same object: replicas read their own. */
    @Test
    void partsOfOneWindowHaveOneLayout() {
        sum.add(part(Nd4j.createFromArray(1.0, 2.0), all(2), 1, 0));
        sum.settle();
        sum.add(part(Nd4j.createFromArray(3.0, 4.0), all(2), 1, 0));
        sum.settle();
        GradientLayout other = new GradientLayout(2, List.of(new IndexRange(1, 2)), List.of());
        assertThatIllegalStateException()
                .isThrownBy(() -> sum.add(part(Nd4j.createFromArray(5.0, 6.0), other, 1, 0)))
                .withMessageContaining("one layout");
        sum.clear();
        sum.add(part(Nd4j.createFromArray(5.0, 6.0), other, 1, 0));
        assertThat(sum.microBatches()).isEqualTo(1);
    }

    /** The pools of updates belong to the sum: two windows, two sums and a cleared one share nothing. */
    @Test
    void updatesAreCombinedPerWindow() {
        GradientLayout layout =
                new GradientLayout(2, List.of(new IndexRange(0, 1)), List.of(new MeanUpdate(new IndexRange(1, 2))));
        try (GradientSum other = new GradientSum()) {
            for (double update : new double[] {2, 4}) {
                INDArray flat = Nd4j.createFromArray(1.0, update);
                INDArray twice = Nd4j.createFromArray(1.0, 10 * update);
                sum.add(new MicroGradient(flat, flat, layout, 1, 0, 0, List.of(new double[] {1})));
                other.add(new MicroGradient(twice, twice, layout, 1, 0, 0, List.of(new double[] {1})));
                sum.settle();
                other.settle();
            }
            INDArray written = Nd4j.create(DataType.DOUBLE, 2);
            sum.writeTo(written);
            assertThat(written.toDoubleVector()).containsExactly(2, 3);
            other.writeTo(written);
            assertThat(written.toDoubleVector()).containsExactly(2, 30);
        }
        sum.clear();
        INDArray only = Nd4j.createFromArray(1.0, 7.0);
        sum.add(new MicroGradient(only, only, layout, 1, 0, 0, List.of(new double[] {1})));
        sum.settle();
        INDArray written = Nd4j.create(DataType.DOUBLE, 2);
        sum.writeTo(written);
        assertThat(written.toDoubleVector()).containsExactly(1, 7);
    }

    /** Through the logarithm and back, an update loses its last bits; as the only one of its window it must not. */
    @Test
    void theOnlyUpdateOfAWindowKeepsItsBits() {
        IndexRange mean = new IndexRange(0, 50);
        IndexRange spread = new IndexRange(50, 100);
        for (StatisticsPolicy policy : StatisticsPolicy.values()) {
            GradientLayout layout = new GradientLayout(
                    100,
                    List.of(),
                    List.of(new MovingStatistics(mean, spread, VarianceForm.LOG10_STANDARD_DEVIATION, 0.9, policy)));
            INDArray update = new Data(2, DataType.DOUBLE).unit(100).muli(-0.1);
            sum.add(new MicroGradient(
                    update, Nd4j.ones(DataType.DOUBLE, 100), layout, 1, 0, 0, List.of(new double[] {7})));
            sum.settle();
            INDArray written = Nd4j.create(DataType.DOUBLE, 100);
            sum.writeTo(written);
            assertThat(written.toDoubleVector()).isEqualTo(update.toDoubleVector());
            sum.clear();
        }
    }

    @Test
    void refusesToLoseAPart() {
        INDArray shared = Nd4j.create(DataType.DOUBLE, 2);
        sum.add(part(shared));
        assertThatIllegalStateException()
                .isThrownBy(() -> sum.add(part(shared)))
                .withMessageContaining("settle()");
    }

    @Test
    void refusesToWriteNothing() {
        assertThatIllegalStateException()
                .isThrownBy(() -> sum.writeTo(Nd4j.create(2)))
                .withMessageContaining("empty");
        sum.add(part(Nd4j.create(2)));
        sum.clear();
        assertThatIllegalStateException().isThrownBy(() -> sum.writeTo(Nd4j.create(2)));
    }

    @Test
    void canBeUsedAgainAfterClosing() {
        INDArray shared = Nd4j.createFromArray(1.0, 2.0);
        sumOf(shared, shared.dup(), shared.dup());
        sum.close();
        assertThat(sumOf(shared, Nd4j.createFromArray(3.0, 4.0), Nd4j.createFromArray(1.0, 1.0))
                        .toDoubleVector())
                .containsExactly(4, 5);
    }

    @ParameterizedTest
    @EnumSource(names = {"DOUBLE", "FLOAT", "HALF", "BFLOAT16"})
    void aPartWithOneBadElementIsFound(DataType type) {
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            for (int at : new int[] {0, 17, 1023}) {
                INDArray flat = Nd4j.ones(type, 1024);
                assertFinite(part(flat.dup()));
                flat.putScalar(at, bad);
                assertFound(part(flat));
            }
        }
    }

    /** Elements are added and measured a million at a time. */
    @Test
    void longPartsAreAddedAndSearchedToTheirEnd() {
        int length = (1 << 21) + 3;
        INDArray part = Nd4j.ones(DataType.FLOAT, length);
        INDArray shared = part.like();
        assertThat(sumOf(shared, part, part, part)).isEqualTo(part.mul(3));
        sum.clear();
        for (int at : new int[] {(1 << 20) - 1, 1 << 20, length - 1}) {
            INDArray bad = part.dup();
            bad.putScalar(at, Double.NaN);
            assertFound(part(bad));
        }
    }

    /** The fast check adds magnitudes up; an overflow of that sum is not an infinite gradient. */
    @ParameterizedTest
    @EnumSource(names = {"DOUBLE", "FLOAT", "BFLOAT16"})
    void largeFiniteElementsAreFinite(DataType type) {
        double large = type == DataType.DOUBLE ? 1e308 : 3e38;
        INDArray flat = Nd4j.valueArrayOf(new long[] {8}, large, type);
        assertFinite(part(flat.dup()));
        flat.putScalar(3, Double.NaN);
        assertFound(part(flat));
    }

    /** No part is to blame when their sum leaves the range. */
    @ParameterizedTest
    @EnumSource(names = {"DOUBLE", "FLOAT", "HALF", "BFLOAT16"})
    void aSumThatOverflowsIsNotFinite(DataType type) {
        double large = type == DataType.DOUBLE ? 1.5e308 : type == DataType.FLOAT16 ? 6e4 : 3e38;
        INDArray part = Nd4j.valueArrayOf(new long[] {8}, large, type);
        INDArray shared = part.like();
        assertThat(sum.isFinite(sumOf(shared, part))).isTrue();
        sum.clear();
        assertThat(sum.isFinite(sumOf(shared, part, part))).isFalse();
        sum.clear();
        // A factor may bring it there as well, and keep it away.
        sum.add(part(part.dup()));
        sum.writeTo(shared, 2);
        assertThat(sum.isFinite(shared)).isFalse();
        sum.clear();
        sum.add(part(part.div(4)));
        sum.settle();
        sum.writeTo(shared, 2);
        assertThat(sum.isFinite(shared)).isTrue();
    }

    /** The sum is infinite before the factor makes it smaller; smaller numbers do not say otherwise. */
    @Test
    void aSumThatOverflowedBeforeItWasMadeSmallerIsNotFinite() {
        INDArray part = Nd4j.valueArrayOf(new long[] {8}, 3e38, DataType.FLOAT);
        for (int i = 0; i < 2; i++) {
            sum.settle();
            sum.add(part(part.dup()));
        }
        INDArray written = part.like();
        sum.writeTo(written, 0.01);
        assertThat(written.getDouble(0)).isInfinite();
        assertThat(sum.isFinite(written)).isFalse();
    }

    /** Neither elements nor examples nor scores of what is left out count; what follows keeps its position. */
    @Test
    void whatTheScreenLeavesOutLeavesNoTrace() {
        sum.screen(part -> !part.layout().isFinite(part.flat()));
        INDArray shared = Nd4j.create(DataType.DOUBLE, 2);
        assertThat(sum.add(part(shared.assign(Double.NaN), all(2), 5, Double.NaN)))
                .isFalse();
        assertThat(sum.isEmpty()).isTrue();
        assertThat(sum.add(part(shared.assign(2), all(2), 3, 1))).isTrue();
        sum.settle();
        assertThat(sum.add(part(shared.assign(Double.POSITIVE_INFINITY), all(2), 4, 7)))
                .isFalse();
        assertThat(sum.add(part(shared.assign(4), all(2), 1, 5))).isTrue();
        sum.writeTo(shared);
        assertThat(shared.toDoubleVector()).containsExactly(6, 6);
        assertThat(sum.examples()).isEqualTo(4);
        assertThat(sum.microBatches()).isEqualTo(2);
        assertThat(sum.score()).isEqualTo((3 * 1 + 1 * 5) / 4.0 + 10 + 50);
        assertThat(sum.takeLeftOut()).extracting(LeftOut::microBatch).containsExactly(0, 2);
        assertThat(sum.takeLeftOut()).isEmpty();
    }

    /** A scale is taken out of the sum and of the norms of its parts, in FLOAT where these are in HALF. */
    @ParameterizedTest
    @EnumSource(names = {"DOUBLE", "FLOAT", "HALF"})
    void aScaleIsTakenOut(DataType type) {
        sum.scaledBy(0x1p30);
        sum.measureNorms(true);
        INDArray scaled = Nd4j.valueArrayOf(new long[] {4}, 32768, type);
        for (int parts = 1; parts <= 2; parts++) {
            INDArray shared = scaled.like();
            sumOf(shared, parts == 1 ? new INDArray[] {scaled} : new INDArray[] {scaled, scaled});
            assertThat(shared.castTo(DataType.DOUBLE).toDoubleVector()).containsOnly(parts * 0x1p-15);
            assertThat(sum.norms()).hasSize(parts).allMatch(norm -> norm.norm() == 2 * 0x1p-15);
            assertThat(sum.underflow(shared)).isZero();
            sum.clear();
        }
    }

    @Test
    void theShareThatUnderflowsIsMeasured() {
        sum.scaledBy(0x1p20);
        INDArray scaled = Nd4j.createFromArray(1.0, 0.001, 1024, 0).castTo(DataType.FLOAT16);
        INDArray written = sumOf(scaled.like(), scaled);
        assertThat(sum.underflow(written)).isEqualTo(1 / 3.0);
    }

    @Test
    void onlyWhatWasWrittenIsSearched() {
        GradientLayout layout = new GradientLayout(3, List.of(new IndexRange(1, 3)), List.of());
        assertFinite(part(Nd4j.createFromArray(Double.NaN, 1, 1), layout, 1, 0));
        assertFound(part(Nd4j.createFromArray(1, 1, Double.NaN), layout, 1, 0));
    }

    @Test
    void updatesAreSearched() {
        List<UpdateRule> updates = List.of(new MeanUpdate(new IndexRange(1, 2)));
        GradientLayout layout = new GradientLayout(2, List.of(new IndexRange(0, 1)), updates);
        INDArray flat = Nd4j.createFromArray(1, Double.NaN);
        INDArray fine = Nd4j.createFromArray(1.0, 1);
        assertFinite(new MicroGradient(fine, fine, layout, 1, 0, 0, List.of(new double[] {1})));
        assertFound(new MicroGradient(flat, flat, layout, 1, 0, 0, List.of(new double[] {1})));
        sum.add(new MicroGradient(fine, fine, layout, 1, 0, 0, List.of(new double[] {1})));
        assertThat(sum.isFinite(flat)).isFalse();
        assertThat(sum.isFinite(fine)).isTrue();
    }

    private void assertFinite(MicroGradient part) {
        sum.add(part);
        sum.settle();
        INDArray written = part.flat().like();
        sum.writeTo(written);
        assertThat(sum.isFinite(written)).isTrue();
        sum.clear();
    }

    /** As the only part, settled and written; after a part that is fine, settled and written in place. */
    private void assertFound(MicroGradient bad) {
        INDArray ones = bad.flat().like().assign(1);
        MicroGradient fine = new MicroGradient(ones, ones, bad.layout(), 1, 0, 0, bad.updateWeights());
        for (int before = 0; before < 2; before++) {
            for (int way = 0; way < 2; way++) {
                for (int i = 0; i < before; i++) {
                    sum.add(fine);
                    sum.settle();
                }
                MicroGradient part =
                        new MicroGradient(bad.flat().dup(), ones, bad.layout(), 1, 3, 4, bad.updateWeights());
                sum.add(part);
                boolean settles = way == 0;
                int expected = before;
                assertThatExceptionOfType(NotFiniteException.class)
                        .isThrownBy(() -> {
                            if (settles) {
                                sum.settle();
                            } else {
                                sum.writeTo(part.flat());
                            }
                        })
                        .satisfies(found -> {
                            assertThat(found.microBatch()).isEqualTo(expected);
                            assertThat(found.score()).isEqualTo(7);
                        });
                sum.clear();
            }
        }
    }

    @Test
    void partsCheckThemselves() {
        INDArray flat = Nd4j.create(DataType.DOUBLE, 4);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> part(flat, all(4), 0, 0))
                .withMessageContaining("at least 1 example");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> part(flat, all(5), 1, 0))
                .withMessageContaining("length 5");
        assertThatIllegalArgumentException().isThrownBy(() -> part(flat.reshape(2, 2), all(4), 1, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MicroGradient(flat, flat, all(4), 1, 0, 0, List.of(new double[1])))
                .withMessageContaining("0 rules");
        assertThatIllegalArgumentException().isThrownBy(() -> new IndexRange(3, 3));
        assertThatIllegalArgumentException().isThrownBy(() -> new IndexRange(-1, 3));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GradientLayout(4, List.of(new IndexRange(0, 3), new IndexRange(2, 4)), List.of()))
                .withMessageContaining("disjoint");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new GradientLayout(4, List.of(new IndexRange(0, 5)), List.of()));
    }

    @Test
    void neighboringRangesAreJoined() {
        var layout = new GradientLayout(
                9, List.of(new IndexRange(0, 2), new IndexRange(2, 5), new IndexRange(6, 9)), List.of());
        assertThat(layout.gradients()).containsExactly(new IndexRange(0, 5), new IndexRange(6, 9));
    }

    /** Each share is finite: that their sum is not is known by what the shares say of their size. */
    @Test
    void sharesThatOverflowTogetherAreFound() {
        INDArray large = Nd4j.valueArrayOf(new long[] {3}, 0.75f * Float.MAX_VALUE, DataType.FLOAT);
        INDArray written = Nd4j.create(DataType.FLOAT, 3);
        try (GradientSum share = new GradientSum()) {
            share.add(part(large));
            sum.merge(share.state(), part(large));
            sum.merge(share.state(), part(large));
        }
        sum.writeTo(written);
        assertThat(sum.microBatches()).isEqualTo(2);
        assertThat(written.getFloat(0)).isInfinite();
        assertThat(sum.isFinite(written)).isFalse();
    }
}
