/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.ExactnessCase.assertSame;
import static io.github.gradacc.testing.ExactnessCase.iterate;
import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.EventLog;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.transferlearning.TransferLearningHelper;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Networks made from trained ones by DL4J's transfer learning, trained on by accumulation and natively. */
class TransferLearningTest {

    private static final int EPOCHS = 2;
    private static final int NEW_CLASSES = 4;

    /**
     * A network made from a trained one.
     *
     * @param name what it is about
     * @param type its class
     * @param source trained network; made anew each time, with the same parameters
     * @param transfer makes the new network from it
     * @param batches with {@link #NEW_CLASSES} classes
     * @param frozen parameters that must not move, by their names' beginning; empty if all are trained
     */
    record TransferCase<T extends Model>(
            String name,
            NetworkClass<T> type,
            Supplier<T> source,
            Function<T, T> transfer,
            Supplier<List<DataSet>> batches,
            List<String> frozen) {

        /** The same each time: new layers draw their parameters at random. */
        T make(INDArray parameters) {
            T network = make();
            network.params().assign(parameters);
            return network;
        }

        T make() {
            return transfer.apply(source.get());
        }

        @Override
        public String toString() {
            return type + ": " + name;
        }
    }

    private static FineTuneConfiguration.Builder fineTune() {
        return new FineTuneConfiguration.Builder().seed(7);
    }

    private static OutputLayer newHead(int nIn) {
        return new OutputLayer.Builder(LossFunction.MCXENT)
                .nIn(nIn)
                .nOut(NEW_CLASSES)
                .activation(Activation.SOFTMAX)
                .weightInit(WeightInit.XAVIER)
                .build();
    }

    private static List<DataSet> vectors(int classes) {
        return Batches.classification(DataType.DOUBLE, classes, data -> n -> data.normal(n, 4));
    }

    private static List<DataSet> images(int classes) {
        return Batches.classification(DataType.DOUBLE, classes, data -> n -> data.normal(n, 2, 6, 6));
    }

    private static List<DataSet> sequences(int classes) {
        return Batches.ragged((data, n) -> data.normal(n, 3, 5), (data, n) -> data.oneHotSequences(n, classes, 5));
    }

    private static MultiLayerConfiguration deep() {
        return Nets.of(InputType.feedForward(4), dense(6), dense(5), softmax(3));
    }

    private static MultiLayerConfiguration convolutional() {
        return Nets.of(
                InputType.convolutional(6, 6, 2),
                new ConvolutionLayer.Builder(3, 3).nOut(3).build(),
                new SubsamplingLayer.Builder().build(),
                dense(5),
                softmax(3));
    }

    private static MultiLayerConfiguration recurrent() {
        return Nets.of(InputType.recurrent(3, 5), lstm(4), lstm(5), rnnSoftmax(3));
    }

    /** Trained for an epoch, so that there is something to keep. */
    private static <T extends Model> Supplier<T> trained(
            NetworkClass<T> type, Supplier<MultiLayerConfiguration> layers, Supplier<List<DataSet>> batches) {
        return () -> {
            T network = type.init(layers.get());
            type.fit(network, iterate(batches.get()), 1);
            return network;
        };
    }

    private static TransferCase<MultiLayerNetwork> layers(
            String name,
            Supplier<MultiLayerConfiguration> layers,
            Function<Integer, List<DataSet>> batches,
            Function<TransferLearning.Builder, TransferLearning.Builder> transfer,
            String... frozen) {
        return new TransferCase<>(
                name,
                NetworkClass.LAYERS,
                trained(NetworkClass.LAYERS, layers, () -> batches.apply(3)),
                source -> transfer.apply(new TransferLearning.Builder(source)).build(),
                () -> batches.apply(NEW_CLASSES),
                List.of(frozen));
    }

    /** DL4J's builder forgets the type of a graph and makes one of FLOAT, whatever the source was. */
    private static TransferCase<ComputationGraph> graph(
            String name,
            Supplier<MultiLayerConfiguration> layers,
            Function<Integer, List<DataSet>> batches,
            Function<TransferLearning.GraphBuilder, TransferLearning.GraphBuilder> transfer,
            String... frozen) {
        return new TransferCase<>(
                name,
                NetworkClass.GRAPH,
                trained(NetworkClass.GRAPH, layers, () -> batches.apply(3)),
                source -> transfer.apply(new TransferLearning.GraphBuilder(source))
                        .build()
                        .convertDataType(DataType.DOUBLE),
                () -> batches.apply(NEW_CLASSES),
                List.of(frozen));
    }

    static Stream<TransferCase<?>> cases() {
        return Stream.of(
                layers(
                        "another number of classes over frozen layers",
                        TransferLearningTest::deep,
                        TransferLearningTest::vectors,
                        t -> t.fineTuneConfiguration(
                                        fineTune().updater(new Adam(0.02)).build())
                                .setFeatureExtractor(1)
                                .nOutReplace(2, NEW_CLASSES, WeightInit.XAVIER),
                        "0_",
                        "1_"),
                layers(
                        "all layers trained on, with other settings",
                        TransferLearningTest::deep,
                        TransferLearningTest::vectors,
                        t -> t.fineTuneConfiguration(fineTune()
                                        .updater(new Nesterovs(0.05, 0.9))
                                        .l2(0.01)
                                        .build())
                                .nOutReplace(2, NEW_CLASSES, WeightInit.XAVIER)),
                layers(
                        "a wider layer in the middle",
                        TransferLearningTest::deep,
                        TransferLearningTest::vectors,
                        t -> t.fineTuneConfiguration(
                                        fineTune().updater(new Nesterovs(0.05)).build())
                                .setFeatureExtractor(0)
                                .nOutReplace(1, 7, WeightInit.XAVIER)
                                .nOutReplace(2, NEW_CLASSES, WeightInit.XAVIER),
                        "0_"),
                layers(
                        "a new head",
                        TransferLearningTest::deep,
                        TransferLearningTest::vectors,
                        t -> t.fineTuneConfiguration(
                                        fineTune().updater(new Adam(0.02)).build())
                                .setFeatureExtractor(0)
                                .removeOutputLayer()
                                .addLayer(newHead(5)),
                        "0_"),
                layers(
                        "frozen convolutions",
                        TransferLearningTest::convolutional,
                        TransferLearningTest::images,
                        t -> t.fineTuneConfiguration(
                                        fineTune().updater(new Adam(0.02)).build())
                                .setFeatureExtractor(1)
                                .nOutReplace(3, NEW_CLASSES, WeightInit.XAVIER),
                        "0_"),
                layers(
                        "a frozen LSTM under another",
                        TransferLearningTest::recurrent,
                        TransferLearningTest::sequences,
                        t -> t.fineTuneConfiguration(
                                        fineTune().updater(new Adam(0.02)).build())
                                .setFeatureExtractor(0)
                                .nOutReplace(2, NEW_CLASSES, WeightInit.XAVIER),
                        "0_"),
                graph(
                        "another number of classes over frozen layers",
                        TransferLearningTest::deep,
                        TransferLearningTest::vectors,
                        t -> t.fineTuneConfiguration(
                                        fineTune().updater(new Adam(0.02)).build())
                                .setFeatureExtractor("1")
                                .nOutReplace("2", NEW_CLASSES, WeightInit.XAVIER),
                        "0_",
                        "1_"),
                graph(
                        "all layers trained on, with other settings",
                        TransferLearningTest::deep,
                        TransferLearningTest::vectors,
                        t -> t.fineTuneConfiguration(fineTune()
                                        .updater(new Nesterovs(0.05, 0.9))
                                        .l2(0.01)
                                        .build())
                                .nOutReplace("2", NEW_CLASSES, WeightInit.XAVIER)),
                graph(
                        "a new head with a way around a layer",
                        TransferLearningTest::deep,
                        TransferLearningTest::vectors,
                        t -> t.fineTuneConfiguration(
                                        fineTune().updater(new Nesterovs(0.05)).build())
                                .setFeatureExtractor("1")
                                .removeVertexAndConnections("2")
                                .addLayer(
                                        "inner",
                                        new DenseLayer.Builder().nIn(5).nOut(5).build(),
                                        "1")
                                .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "1", "inner")
                                .addLayer("head", newHead(5), "sum")
                                .setOutputs("head"),
                        "0_",
                        "1_"),
                graph(
                        "frozen convolutions",
                        TransferLearningTest::convolutional,
                        TransferLearningTest::images,
                        t -> t.fineTuneConfiguration(
                                        fineTune().updater(new Adam(0.02)).build())
                                .setFeatureExtractor("1")
                                .nOutReplace("3", NEW_CLASSES, WeightInit.XAVIER),
                        "0_"),
                graph(
                        "a frozen LSTM under another",
                        TransferLearningTest::recurrent,
                        TransferLearningTest::sequences,
                        t -> t.fineTuneConfiguration(
                                        fineTune().updater(new Adam(0.02)).build())
                                .setFeatureExtractor("0")
                                .nOutReplace("2", NEW_CLASSES, WeightInit.XAVIER),
                        "0_"));
    }

    private static <T extends Model> void accumulate(TransferCase<T> testCase, T network, int epochs) {
        try (var trainer = testCase.type()
                .builder(network)
                .accumulationSteps(3)
                .microBatchSize(2)
                .build()) {
            trainer.fit(iterate(testCase.batches().get()), epochs);
        }
    }

    private static <T extends Model> void fitBigBatches(TransferCase<T> testCase, T network, int epochs) {
        testCase.type().fit(network, iterate(Data.windows(testCase.batches().get(), 3)), epochs);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    <T extends Model> void equalsNativeTraining(TransferCase<T> testCase) {
        T ours = testCase.make();
        INDArray start = ours.params().dup();
        T reference = testCase.make(start);
        EventLog ourEvents = new EventLog();
        EventLog expectedEvents = new EventLog();
        ours.setListeners(ourEvents);
        reference.setListeners(expectedEvents);

        accumulate(testCase, ours, EPOCHS);
        fitBigBatches(testCase, reference, EPOCHS);
        assertSame(ours, reference, DOUBLE);
        ourEvents.assertSameAs(expectedEvents, DOUBLE);
        assertThat(ours.params()).isNotEqualTo(start);
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    <T extends Model> void frozenParametersStayBitForBitAndTheOthersMove(TransferCase<T> testCase) {
        T network = testCase.make();
        Map<String, INDArray> before = testCase.make(network.params()).paramTable();
        accumulate(testCase, network, EPOCHS);
        network.paramTable().forEach((name, values) -> {
            if (testCase.frozen().stream().anyMatch(name::startsWith)) {
                assertThat(values).as(name).isEqualTo(before.get(name));
            } else {
                assertThat(values).as(name).isNotEqualTo(before.get(name));
            }
        });
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    <T extends Model> void aSaveAndALoadInTheMiddleChangeNotABit(TransferCase<T> testCase, @TempDir Path directory) {
        T whole = testCase.make();
        T first = testCase.make(whole.params());
        accumulate(testCase, whole, 2 * EPOCHS);

        accumulate(testCase, first, EPOCHS);
        testCase.type().save(first, directory.resolve("network.zip").toFile());
        T second = testCase.type().load(directory.resolve("network.zip").toFile());
        accumulate(testCase, second, EPOCHS);
        assertSame(second, whole, 0);
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    <T extends Model> void oneHalfMayBeNative(TransferCase<T> testCase) {
        T reference = testCase.make();
        T first = testCase.make(reference.params());
        T second = testCase.make(reference.params());
        fitBigBatches(testCase, reference, 2 * EPOCHS);
        accumulate(testCase, first, EPOCHS);
        fitBigBatches(testCase, first, EPOCHS);
        assertSame(first, reference, DOUBLE);
        fitBigBatches(testCase, second, EPOCHS);
        accumulate(testCase, second, EPOCHS);
        assertSame(second, reference, DOUBLE);
    }

    /** As DL4J makes it, not converted back to DOUBLE. */
    @Test
    void aGraphThatBecameFloatEqualsNativeTrainingInFloat() {
        ComputationGraph source = NetworkClass.GRAPH.init(deep());
        ComputationGraph ours = new TransferLearning.GraphBuilder(source)
                .fineTuneConfiguration(fineTune().updater(new Nesterovs(0.05)).build())
                .setFeatureExtractor("0")
                .build();
        assertThat(source.params().dataType()).isEqualTo(DataType.DOUBLE);
        assertThat(ours.params().dataType()).isEqualTo(DataType.FLOAT);
        ComputationGraph reference = ours.clone();
        try (var trainer = GradientAccumulationTrainer.builder(ours)
                .accumulationSteps(3)
                .microBatchSize(2)
                .build()) {
            trainer.fit(iterate(vectors(3)), EPOCHS);
        }
        reference.fit(iterate(Data.windows(vectors(3), 3)), EPOCHS);
        assertSame(ours, reference, FLOAT);
    }

    /**
     * The helper computes the frozen part once and trains the rest: the trainer does, on what the helper leaves over.
     */
    @Test
    void featurizedBatchesOfANetworkOfLayers() {
        MultiLayerNetwork source = Nets.init(deep());
        TransferLearningHelper ours = new TransferLearningHelper(source.clone(), 0);
        TransferLearningHelper reference = new TransferLearningHelper(source.clone(), 0);
        List<DataSet> batches = vectors(3);
        List<DataSet> featurized = batches.stream().map(ours::featurize).toList();
        try (var trainer = GradientAccumulationTrainer.builder(ours.unfrozenMLN())
                .accumulationSteps(3)
                .microBatchSize(2)
                .build()) {
            trainer.fit(iterate(featurized));
        }
        reference.fitFeaturized(iterate(
                Data.windows(batches, 3).stream().map(reference::featurize).toList()));
        assertSame(ours.unfrozenMLN(), reference.unfrozenMLN(), DOUBLE);
    }

    /** As above, for a graph, which the helper makes one of FLOAT. */
    @Test
    void featurizedBatchesOfAGraph() {
        ComputationGraph source = NetworkClass.GRAPH.init(deep());
        TransferLearningHelper ours = new TransferLearningHelper(source.clone(), "0");
        TransferLearningHelper reference = new TransferLearningHelper(source.clone(), "0");
        List<DataSet> batches = vectors(3);
        try (var trainer = GradientAccumulationTrainer.builder(ours.unfrozenGraph())
                .accumulationSteps(3)
                .microBatchSize(2)
                .build()) {
            for (DataSet batch : batches) {
                trainer.accumulate(ours.featurize(new MultiDataSet(batch.getFeatures(), batch.getLabels())));
            }
            trainer.flush();
        }
        for (DataSet window : Data.windows(batches, 3)) {
            reference.fitFeaturized(reference.featurize(new MultiDataSet(window.getFeatures(), window.getLabels())));
        }
        assertSame(ours.unfrozenGraph(), reference.unfrozenGraph(), FLOAT);
    }
}
