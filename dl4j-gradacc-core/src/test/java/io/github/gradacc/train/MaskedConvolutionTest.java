/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.gradacc.batch.Batch;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Tolerance;
import java.util.Arrays;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Sentences as images: words of {@value #VALUES} numbers in rows, a mask that says which rows are words. DL4J
 * 1.0.0-M2.1 misreads such a mask where the batch has as many examples as the convolution's output has rows.
 */
class MaskedConvolutionTest {

    private static final int WORDS = 5;
    private static final int VALUES = 10;

    private static MultiLayerConfiguration sentences() {
        return Nets.of(
                InputType.convolutional(WORDS, VALUES, 1),
                new ConvolutionLayer.Builder(3, VALUES)
                        .stride(1, VALUES)
                        .nOut(4)
                        .convolutionMode(ConvolutionMode.Same)
                        .build(),
                new GlobalPoolingLayer(PoolingType.MAX),
                softmax(3));
    }

    /** Sentences of one to {@value #WORDS} words, none of which are zeros. */
    private static DataSet data(int examples) {
        Data data = new Data(5, DataType.DOUBLE);
        INDArray mask = Nd4j.zeros(DataType.DOUBLE, examples, 1, WORDS, 1);
        for (int example = 0; example < examples; example++) {
            for (int word = 0; word <= example % WORDS; word++) {
                mask.putScalar(new int[] {example, 0, word, 0}, 1);
            }
        }
        return new DataSet(data.normal(examples, 1, WORDS, VALUES), data.oneHot(examples, 3), mask, null);
    }

    /** A fact about DL4J: the gradient of a batch is the sum of those of its examples, but for one size. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, WORDS, 6, 7, 11})
    void dl4jMisreadsTheMasksOfOneSize(int examples) {
        MultiLayerNetwork network = Nets.init(sentences());
        INDArray sum = Nd4j.zeros(DataType.DOUBLE, network.numParams());
        for (DataSet one : data(examples).batchBy(1)) {
            sum.addi(gradient(network, one));
        }
        double difference = gradient(network, data(examples)).distance2(sum)
                / sum.norm2Number().doubleValue();
        if (examples == WORDS) {
            assertThat(difference).isGreaterThan(1e-2);
        } else {
            assertThat(difference).isLessThan(Tolerance.DOUBLE);
        }
    }

    private static INDArray gradient(MultiLayerNetwork network, DataSet data) {
        network.setLayerMaskArrays(data.getFeaturesMaskArray(), null);
        network.setInput(data.getFeatures());
        network.setLabels(data.getLabels());
        network.computeGradientAndScore(LayerWorkspaceMgr.noWorkspaces());
        network.clearLayerMaskArrays();
        return network.getFlattenedGradients().dup().reshape('c', false, network.numParams());
    }

    /** 10 examples would be 5 + 5, and 15 would be 5 + 5 + 5. */
    @EachNetworkClass
    <T extends Model> void thatSizeIsAvoided(NetworkClass<T> type) {
        for (int examples : new int[] {9, 10, 15}) {
            ExactnessCase.of("sentences", MaskedConvolutionTest::sentences, () -> List.of(data(examples)))
                    .windows(1, WORDS)
                    .verify(type);
        }
    }

    @EachNetworkClass
    <T extends Model> void thatSizeIsAvoidedSideBySide(NetworkClass<T> type) {
        ExactnessCase testCase =
                ExactnessCase.of("sentences", MaskedConvolutionTest::sentences, () -> List.of(data(10), data(11)));
        testCase.windows(2, WORDS)
                .accumulated(type, settings -> settings.parallelism(2))
                .assertSameAs(testCase.windows(2, WORDS).natively(type), Tolerance.DOUBLE);
    }

    /** A batch of the user's own is not cut against their will, and there may be no other size. */
    @EachNetworkClass
    <T extends Model> void whereItCannotBeAvoidedThereIsAWarning(NetworkClass<T> type) {
        try (var log = new LogLines("io.github.gradacc.train");
                var trainer = type.builder(type.init(sentences()))
                        .accumulationSteps(2)
                        .build()) {
            trainer.accumulate(data(4));
            trainer.accumulate(data(6));
            assertThat(log.warnings()).isEmpty();
            trainer.accumulate(data(WORDS));
            trainer.accumulate(data(WORDS));
            assertThat(log.warnings())
                    .singleElement()
                    .satisfies(line ->
                            assertThat(line).contains("misreads the masks", "of size " + WORDS, "microBatchSize"));
        }
    }

    /** One row is left of a sentence, so it is batches of one example that DL4J misreads. */
    private static MultiLayerConfiguration wholeSentences(PoolingType pooling) {
        return Nets.of(
                InputType.convolutional(WORDS, VALUES, 1),
                new ConvolutionLayer.Builder(WORDS, VALUES).nOut(4).build(),
                new GlobalPoolingLayer(pooling),
                softmax(3));
    }

    @Test
    void dl4jMisreadsTheMaskOfOneExample() {
        MultiLayerNetwork network = Nets.init(wholeSentences(PoolingType.AVG));
        List<DataSet> parts = data(4).batchBy(2);
        INDArray sum = gradient(network, parts.get(0)).addi(gradient(network, parts.get(1)));
        Tolerance.assertClose("gradient", gradient(network, data(4)), sum, Tolerance.DOUBLE);
        for (DataSet one : data(4).batchBy(1)) {
            sum.subi(gradient(network, one));
        }
        assertThat(sum.norm2Number().doubleValue()).isGreaterThan(1e-2);
    }

    /** 5 examples are 2 + 2 + 1: the last one stands beside a copy of itself. */
    @ParameterizedTest
    @EnumSource(names = {"AVG", "MAX", "SUM"})
    void aSingleExampleIsNotMisread(PoolingType pooling) {
        for (NetworkClass<?> type : NetworkClass.all()) {
            for (int size : new int[] {1, 2}) {
                try (var log = new LogLines("io.github.gradacc.train")) {
                    ExactnessCase.of("sentences", () -> wholeSentences(pooling), () -> List.of(data(5), data(1)))
                            .windows(2, size)
                            .verify(type);
                    assertThat(log.warnings()).isEmpty();
                }
            }
        }
    }

    /** DL4J takes such masks, and masks other rows than meant. */
    @EachNetworkClass
    <T extends Model> void masksOfAnotherSizeThanTheImageAreRefused(NetworkClass<T> type) {
        T network = type.init(sentences());
        INDArray before = network.params().dup();
        DataSet whole = data(4);
        for (long[] shape :
                new long[][] {{4, 1, WORDS - 1, 1}, {4, 1, WORDS + 1, 1}, {4, 1, 1, VALUES - 1}, {4, 2, WORDS, 1}}) {
            whole.setFeaturesMaskArray(Nd4j.ones(DataType.DOUBLE, shape));
            try (var trainer = type.builder(network).build()) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> trainer.fit(whole))
                        .withMessageContaining("features[0] has shape [4, 1, 5, 10]")
                        .withMessageContaining("features mask[0] has shape " + Arrays.toString(shape))
                        .withMessageContaining("their height or 1, and their width or 1");
            }
        }
        assertThat(network.params()).isEqualTo(before);
        for (long[] shape : new long[][] {{4, 1, WORDS, 1}, {4, 1, 1, 1}, {4, 1, WORDS, VALUES}, {4, 1, 1, VALUES}}) {
            whole.setFeaturesMaskArray(Nd4j.ones(DataType.DOUBLE, shape));
            assertThat(Batch.of(whole.toMultiDataSet()).examples()).isEqualTo(4);
        }
    }

    /** Channels may be last in images; in masks they are not. */
    @Test
    void masksOfImagesWithChannelsLast() {
        Data data = new Data(5, DataType.DOUBLE);
        INDArray images = data.normal(4, 6, 7, 3);
        for (long[] shape : new long[][] {{4, 1, 6, 1}, {4, 1, 1, 7}, {4, 3, 6, 7}}) {
            MultiDataSet batch =
                    new DataSet(images, data.oneHot(4, 3), Nd4j.ones(DataType.DOUBLE, shape), null).toMultiDataSet();
            assertThat(Batch.of(batch).examples()).isEqualTo(4);
        }
        MultiDataSet wrong =
                new DataSet(images, data.oneHot(4, 3), Nd4j.ones(DataType.DOUBLE, 4, 1, 5, 1), null).toMultiDataSet();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Batch.of(wrong))
                .withMessageContaining("features mask[0] has shape [4, 1, 5, 1]");
    }

    /** The measurement tries sizes of its own: halves of 10 are 5. */
    @EachNetworkClass
    <T extends Model> void theMeasurementSeesIt(NetworkClass<T> type) {
        T network = type.init(sentences());
        assertThat(type.report(network).isExact()).isTrue();
        assertThat(type.measure(network, data(10).toMultiDataSet()).isExact()).isFalse();
        assertThat(type.measure(network, data(12).toMultiDataSet()).isExact()).isTrue();
    }
}
