/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.array.Slice;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.EachNetworkClass;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Snapshot;
import io.github.gradacc.testing.Tolerance;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.rnn.LastTimeStepVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Micro-batches of one example whose mask has one element, 0: where layers treat masks in ways of their own. */
@ExtendWith(DoubleByDefault.class)
class LoneMaskTest {

    /** Sequences of these lengths, padded to the longest. */
    private static INDArray mask(int steps, int... lengths) {
        INDArray mask = Nd4j.zeros(DataType.DOUBLE, lengths.length, steps);
        for (int example = 0; example < lengths.length; example++) {
            for (int step = 0; step < lengths[example]; step++) {
                mask.putScalar(example, step, 1);
            }
        }
        return mask;
    }

    /** A loss layer takes the mask of the features where the labels have none. */
    @EachNetworkClass
    <T extends Model> void lossLayersUnderTheMaskOfTheFeatures(NetworkClass<T> type) {
        Data data = new Data(5, DataType.DOUBLE);
        INDArray features = data.normal(4, 3, 7);
        INDArray labels = data.normal(4, 3, 7);
        ExactnessCase.of(
                        "loss layer",
                        () -> Nets.settings()
                                .list()
                                .layer(new LSTM.Builder().nOut(3).build())
                                .layer(new RnnLossLayer.Builder(LossFunction.MSE)
                                        .activation(Activation.TANH)
                                        .build())
                                .setInputType(InputType.recurrent(3, 7))
                                .backpropType(BackpropType.TruncatedBPTT)
                                .tBPTTLength(3)
                                .build(),
                        () -> List.of(new DataSet(features, labels, mask(7, 7, 6, 2, 7), null)))
                .windows(1, 1)
                .verify(type);
    }

    /** A convolution over all steps makes a mask of one element, which a preprocessor takes for no vector. */
    static Stream<Arguments> masksMadeSingleInside() {
        INDArray labelsMask = Nd4j.createFromArray(1.0, 0.0, 1.0, 1.0, 1.0).reshape(5, 1);
        return Stream.of(
                        ExactnessCase.of("no mask of labels", LoneMaskTest::withOutputLayer, () -> convolvedData(null)),
                        ExactnessCase.of(
                                "a mask of labels", LoneMaskTest::withOutputLayer, () -> convolvedData(labelsMask)))
                .flatMap(each -> ExactnessCase.inBothClasses(
                        Stream.of(each.windows(1, 1), each.windows(1, 2), each.windows(2, 3))));
    }

    private static MultiLayerConfiguration convolved(Layer... output) {
        // As many values as steps: the dense layer behind it expects the one number and gets the other.
        Layer convolution = new Convolution1DLayer.Builder(5, 1).nOut(5).build();
        return Nets.of(
                InputType.recurrent(3, 5),
                Stream.concat(Stream.of(convolution), Stream.of(output)).toArray(Layer[]::new));
    }

    private static MultiLayerConfiguration withOutputLayer() {
        return convolved(
                Nets.dense(4),
                new RnnOutputLayer.Builder(LossFunction.MSE).nOut(2).build());
    }

    /** A loss layer takes the mask of the features. */
    private static MultiLayerConfiguration withLossLayer() {
        return convolved(
                Nets.dense(2),
                new RnnLossLayer.Builder(LossFunction.MSE)
                        .activation(Activation.TANH)
                        .build());
    }

    /** The fourth is masked out: its one step behind the convolution, too. */
    private static List<DataSet> convolvedData(INDArray labelsMask) {
        Data data = new Data(10, DataType.DOUBLE);
        INDArray first = mask(5, 5, 2, 3, 0, 1);
        INDArray second = mask(5, 5, 0, 3, 4);
        return List.of(
                new DataSet(data.normal(5, 3, 5), data.normal(5, 2, 1), first, labelsMask),
                new DataSet(
                        data.normal(4, 3, 5),
                        data.normal(4, 2, 1),
                        second,
                        labelsMask == null ? null : Slice.of(labelsMask, 0, 1, 5)));
    }

    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("masksMadeSingleInside")
    void masksMadeSingleInside(ExactnessCase testCase, NetworkClass<?> type) {
        testCase.verify(type);
    }

    /** There is no mask of labels that could take the loss of a second example away: DL4J's own error stays. */
    @EachNetworkClass
    <T extends Model> void underALossLayerTheyAreLeftToDl4j(NetworkClass<T> type) {
        T network = type.init(withLossLayer());
        INDArray before = network.params().dup();
        try (var trainer = type.builder(network).microBatchSize(1).build()) {
            assertThatThrownBy(() -> trainer.fit(convolvedData(null).get(0)))
                    .isInstanceOf(MicroBatchException.class)
                    .hasMessageContaining("mask array with shape [1, 1]; expected vector");
        }
        assertThat(network.params()).isEqualTo(before);
    }

    /** A state behind a stack has several rows for an example. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void statesBehindAStack(int microBatchSize) {
        Data data = new Data(6, DataType.DOUBLE);
        INDArray[] features = {data.normal(5, 3, 7), data.normal(5, 3, 7)};
        INDArray labels = data.normal(10, 2, 7);
        INDArray[] masks = {mask(7, 7, 6, 2, 7, 6), mask(7, 6, 7, 7, 3, 5)};
        ExactnessCase.ofGraph(
                        "stack",
                        () -> Nets.settings()
                                .graphBuilder()
                                .addInputs("left", "right")
                                .addVertex("stack", new StackVertex(), "left", "right")
                                .addLayer(
                                        "lstm",
                                        new LSTM.Builder().nIn(3).nOut(4).build(),
                                        "stack")
                                .addLayer(
                                        "out",
                                        new RnnOutputLayer.Builder(LossFunction.MSE)
                                                .nIn(4)
                                                .nOut(2)
                                                .build(),
                                        "lstm")
                                .setOutputs("out")
                                .setInputTypes(InputType.recurrent(3, 7), InputType.recurrent(3, 7))
                                .backpropType(BackpropType.TruncatedBPTT)
                                .tBPTTLength(3)
                                .build(),
                        () -> List.of(new MultiDataSet(features, new INDArray[] {labels}, masks, null)))
                .windows(1, microBatchSize)
                .verify();
    }

    /** The copy has the statistics of the example, and must not give it more weight. */
    @EachNetworkClass
    <T extends Model> void statisticsCountTheExampleOnce(NetworkClass<T> type) {
        Data data = new Data(7, DataType.DOUBLE);
        DataSet batch = new DataSet(
                data.normal(3, 4),
                data.normal(3, 2),
                null,
                Nd4j.createFromArray(1.0, 1.0, 0.0).reshape(3, 1));
        ExactnessCase testCase = ExactnessCase.of(
                        "normalized",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                new BatchNormalization.Builder().name("norm").build(),
                                new OutputLayer.Builder(LossFunction.MSE)
                                        .nOut(2)
                                        .build()),
                        () -> List.of(batch))
                .windows(1, 2)
                .epochs(1);
        INDArray ours = movingMean(testCase.accumulated(type).network());
        INDArray reference = movingMean(testCase.natively(type).network());
        Tolerance.assertClose("mean", ours, reference, Tolerance.DOUBLE);
    }

    private static INDArray movingMean(Model network) {
        return network.paramTable().entrySet().stream()
                .filter(parameter -> parameter.getKey().endsWith("_mean"))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    /** The label mask that a second example needs is as long as the labels. */
    @Test
    void outputsOfSeveralLengths() {
        Data data = new Data(8, DataType.DOUBLE);
        INDArray features = data.normal(3, 3, 4);
        INDArray[] labels = {data.normal(3, 2), data.normal(3, 2, 4)};
        INDArray[] masks = {Nd4j.createFromArray(1.0, 0.0, 0.0).reshape(3, 1), null};
        ExactnessCase.ofGraph(
                        "two lengths",
                        () -> Nets.settings()
                                .graphBuilder()
                                .addInputs("in")
                                .addLayer(
                                        "lstm",
                                        new LSTM.Builder().nIn(3).nOut(4).build(),
                                        "in")
                                .addVertex("last", new LastTimeStepVertex("in"), "lstm")
                                .addLayer(
                                        "one",
                                        new OutputLayer.Builder(LossFunction.MSE)
                                                .nIn(4)
                                                .nOut(2)
                                                .build(),
                                        "last")
                                .addLayer(
                                        "all",
                                        new RnnOutputLayer.Builder(LossFunction.MSE)
                                                .nIn(4)
                                                .nOut(2)
                                                .build(),
                                        "lstm")
                                .setOutputs("one", "all")
                                .setInputTypes(InputType.recurrent(3, 4))
                                .build(),
                        () -> List.of(new MultiDataSet(new INDArray[] {features}, labels, null, masks)))
                .windows(1, 1)
                .verify();
    }

    @Test
    void centerLossIsRefusedThere() {
        Data data = new Data(9, DataType.DOUBLE);
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                Nets.dense(3),
                new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build()));
        INDArray mask = Nd4j.createFromArray(1.0, 1.0, 0.0).reshape(3, 1);
        Snapshot before = Snapshot.of(network);
        try (var trainer =
                GradientAccumulationTrainer.builder(network).microBatchSize(1).build()) {
            assertThatThrownBy(() -> trainer.fit(data.normal(3, 4), data.oneHot(3, 3), null, mask))
                    .isInstanceOf(MicroBatchException.class)
                    .hasMessageContaining("center loss")
                    .hasMessageContaining("leaves no single example");
        }
        assertThat(Snapshot.of(network)).isEqualTo(before);
    }
}
