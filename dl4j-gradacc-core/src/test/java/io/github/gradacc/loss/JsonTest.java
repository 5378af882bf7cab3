/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Dl4jClasses;
import io.github.gradacc.testing.Nets;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/** Losses are values, and models are stored with their class names and numbers. */
final class JsonTest {

    private static final ObjectMapper MAPPER = NeuralNetConfiguration.mapper();

    static Stream<ILossFunction> losses() {
        return Stream.concat(
                LossCase.all().map(LossCase::loss),
                Stream.of(
                        new LossCtc(),
                        new LossCtc().withBlank(3).withZeroInfinity(true).withReduction(Reduction.SUM)));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void isAValue(ILossFunction loss) throws Exception {
        String json = MAPPER.writerFor(ILossFunction.class).writeValueAsString(loss);
        ILossFunction read = MAPPER.readValue(json, ILossFunction.class);
        assertThat(read).isEqualTo(loss).hasSameHashCodeAs(loss).hasToString(loss.toString());
        assertThat(losses().filter(loss::equals)).as("equal to itself only").hasSizeLessThanOrEqualTo(2);

        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(loss);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isEqualTo(loss);
        }
    }

    /** A number that is missing is not 0, and no list is not an empty one. */
    @ParameterizedTest
    @MethodSource("losses")
    void nothingMayBeMissing(ILossFunction loss) throws Exception {
        ObjectNode json = (ObjectNode)
                MAPPER.readTree(MAPPER.writerFor(ILossFunction.class).writeValueAsString(loss));
        List<String> properties = new ArrayList<>();
        json.fieldNames().forEachRemaining(properties::add);
        properties.remove("@class");
        assertThat(properties).hasSize(loss.getClass().getRecordComponents().length);
        for (String property : properties) {
            ObjectNode without = json.deepCopy();
            without.remove(property);
            assertThatThrownBy(() -> read(without)).as("without %s", property).hasMessageContaining(property);
            ObjectNode nothing = json.deepCopy();
            nothing.putNull(property);
            assertThatThrownBy(() -> read(nothing)).as("%s null", property).isInstanceOf(Exception.class);
        }
    }

    private static ILossFunction read(JsonNode json) throws Exception {
        return MAPPER.readValue(json.toString(), ILossFunction.class);
    }

    @ParameterizedTest
    @MethodSource("io.github.gradacc.loss.LossCase#all")
    void networksSurviveTheModelSerializer(LossCase it) throws Exception {
        MultiLayerConfiguration configuration = configuration(it);
        assertThat(MultiLayerConfiguration.fromJson(configuration.toJson())).isEqualTo(configuration);
        MultiLayerNetwork network = Nets.init(configuration);
        Data data = new Data(1, DataType.DOUBLE);
        DataSet batch = new DataSet(data.normal(5, 4), it.labels().make(data, 5));
        network.fit(batch);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        ModelSerializer.writeModel(network, file, true);
        MultiLayerNetwork restored =
                ModelSerializer.restoreMultiLayerNetwork(new ByteArrayInputStream(file.toByteArray()), true);
        assertThat(lossOf(restored.getLayerWiseConfigurations())).isEqualTo(it.loss());
        assertThat(restored.score(batch)).isEqualTo(network.score(batch));
        network.fit(batch);
        restored.fit(batch);
        assertThat(restored.params()).isEqualTo(network.params());
    }

    @Test
    void graphsSurviveTheModelSerializer() throws Exception {
        LossCtc loss = new LossCtc().withZeroInfinity(true);
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addLayer("lstm", Nets.lstm(3), "in")
                .addLayer(
                        "out",
                        new RnnOutputLayer.Builder(loss)
                                .nOut(4)
                                .activation(Activation.IDENTITY)
                                .build(),
                        "lstm")
                .setOutputs("out")
                .setInputTypes(InputType.recurrent(3, 5))
                .build());
        graph.init();
        graph.fit(new DataSet(
                new Data(1, DataType.DOUBLE).normal(2, 3, 5), LossCtc.labels(new int[][] {{1, 2}, {3}}, 5)));
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        ModelSerializer.writeModel(graph, file, true);
        ComputationGraph restored =
                ModelSerializer.restoreComputationGraph(new ByteArrayInputStream(file.toByteArray()), true);
        assertThat(restored.getConfiguration()).isEqualTo(graph.getConfiguration());
        assertThat(restored.params()).isEqualTo(graph.params());
    }

    private static MultiLayerConfiguration configuration(LossCase it) {
        return Nets.of(
                InputType.feedForward(4),
                new OutputLayer.Builder(it.loss())
                        .nOut(it.outputs())
                        .activation(it.activations().get(0))
                        .build());
    }

    private static ILossFunction lossOf(MultiLayerConfiguration configuration) {
        return ((BaseOutputLayer) configuration.getConf(0).getLayer()).getLossFn();
    }

    /** losses-0.1.0.json, written by that version, has every loss and must stay readable. */
    @Test
    void storedLossesAreReadable() throws Exception {
        JsonNode stored;
        try (InputStream in = JsonTest.class.getResourceAsStream("losses-0.1.0.json")) {
            stored = new ObjectMapper().readTree(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
        List<ILossFunction> read = new ArrayList<>();
        for (JsonNode json : stored) {
            read.add(read(json));
        }
        assertThat(read).isEqualTo(losses().toList());
        assertThat(read.stream().map(loss -> loss.getClass().getName()).distinct())
                .containsExactlyInAnyOrderElementsOf(
                        Dl4jClasses.implementing(ILossFunction.class, "io.github.gradacc.loss"));
    }
}
