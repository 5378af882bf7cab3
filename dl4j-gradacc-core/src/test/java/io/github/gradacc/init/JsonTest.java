/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/** The stored form of initializers: complete, or an error. */
final class JsonTest {

    private static final ObjectMapper MAPPER = NeuralNetConfiguration.mapper();

    static List<IWeightInit> initializers() {
        return ContractTest.cases().map(ContractTest.Case::initializer).toList();
    }

    /** A number that is missing, or null, is not 0: a network of zeros would be built without a word. */
    @ParameterizedTest
    @MethodSource("initializers")
    void nothingMayBeMissing(IWeightInit initializer) throws Exception {
        ObjectNode json =
                (ObjectNode) MAPPER.readTree(MAPPER.writerFor(IWeightInit.class).writeValueAsString(initializer));
        assertThat(read(json)).isEqualTo(initializer);
        List<String> properties = new ArrayList<>();
        json.fieldNames().forEachRemaining(properties::add);
        properties.remove("@class");
        assertThat(properties).hasSize(initializer.getClass().getRecordComponents().length);
        for (String property : properties) {
            ObjectNode without = json.deepCopy();
            without.remove(property);
            assertThatThrownBy(() -> read(without)).as("without %s", property).hasMessageContaining(property);
            ObjectNode nothing = json.deepCopy();
            nothing.putNull(property);
            assertThatThrownBy(() -> read(nothing)).as("%s null", property).isInstanceOf(Exception.class);
        }
    }

    private static IWeightInit read(JsonNode json) throws Exception {
        return MAPPER.readValue(json.toString(), IWeightInit.class);
    }

    @Test
    void graphsSurviveJsonAndModelSerializer() throws Exception {
        ComputationGraphConfiguration configuration = Nets.settings()
                .weightInit(new XavierUniform(2))
                .graphBuilder()
                .addInputs("in")
                .addLayer(
                        "conv",
                        new ConvolutionLayer.Builder(3, 3)
                                .nOut(4)
                                .weightInit(new DeltaOrthogonal(1))
                                .build(),
                        "in")
                .addLayer(
                        "depth",
                        new DepthwiseConvolution2D.Builder(2, 2)
                                .nOut(8)
                                .depthMultiplier(2)
                                .weightInit(Layout.DEPTHWISE.of(new KaimingNormal(FanMode.FAN_OUT, 0.5)))
                                .build(),
                        "conv")
                .addLayer(
                        "dense",
                        new DenseLayer.Builder()
                                .nOut(5)
                                .weightInit(new Sparse(0.5, 0.1))
                                .build(),
                        "depth")
                .addLayer("out", Nets.softmax(3), "dense")
                .setOutputs("out")
                .setInputTypes(InputType.convolutional(6, 6, 2))
                .build();
        ComputationGraphConfiguration read = ComputationGraphConfiguration.fromJson(configuration.toJson());
        assertThat(read).isEqualTo(configuration);
        ComputationGraph graph = new ComputationGraph(configuration);
        graph.init();
        ComputationGraph again = new ComputationGraph(read);
        again.init();
        assertThat(again.params()).isEqualTo(graph.params());
        DataSet data = new Data(1, DataType.DOUBLE).dataSet(5, 3, 2, 6, 6);
        graph.fit(data);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        ModelSerializer.writeModel(graph, file, true);
        ComputationGraph restored =
                ModelSerializer.restoreComputationGraph(new ByteArrayInputStream(file.toByteArray()), true);
        assertThat(restored.getConfiguration()).isEqualTo(graph.getConfiguration());
        assertThat(restored.params()).isEqualTo(graph.params());
        assertThat(restored.updaterState()).isEqualTo(graph.updaterState());
    }
}
