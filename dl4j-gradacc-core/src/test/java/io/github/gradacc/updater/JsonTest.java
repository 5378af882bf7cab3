/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Dl4jClasses;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.FixedSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/** Updaters and schedules are values, and models are stored with their class names, numbers and states. */
class JsonTest {

    private static final ObjectMapper MAPPER = NeuralNetConfiguration.mapper();

    static Stream<Object> values() {
        return Stream.concat(Cases.updaters(), Cases.schedules());
    }

    static Stream<IUpdater> updaters() {
        return Cases.updaters();
    }

    private static Class<?> role(Object value) {
        return value instanceof IUpdater ? IUpdater.class : ISchedule.class;
    }

    private static ObjectNode write(Object value) throws IOException {
        return (ObjectNode) MAPPER.readTree(MAPPER.writerFor(role(value)).writeValueAsString(value));
    }

    @ParameterizedTest
    @MethodSource("values")
    void isAValue(Object value) throws Exception {
        Object read = MAPPER.readValue(write(value).toString(), role(value));
        assertThat(read).isEqualTo(value).hasSameHashCodeAs(value).hasToString(value.toString());
        Object clone = value instanceof IUpdater updater ? updater.clone() : ((ISchedule) value).clone();
        assertThat(clone).isEqualTo(value).isNotSameAs(value);
        assertThat(values().filter(value::equals)).as("equal to itself only").hasSize(1);

        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(value);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isEqualTo(value);
        }
    }

    /** A number that is missing is not 0. */
    @ParameterizedTest
    @MethodSource("values")
    void nothingMayBeMissing(Object value) throws Exception {
        ObjectNode json = write(value);
        List<String> properties = new ArrayList<>();
        json.fieldNames().forEachRemaining(properties::add);
        properties.remove("@class");
        assertThat(properties).hasSize(value.getClass().getRecordComponents().length);
        for (String property : properties) {
            ObjectNode without = json.deepCopy();
            without.remove(property);
            assertThatThrownBy(() -> MAPPER.readValue(without.toString(), role(value)))
                    .as("without %s", property)
                    .hasMessageContaining(property);
            ObjectNode nothing = json.deepCopy();
            nothing.putNull(property);
            assertThatThrownBy(() -> MAPPER.readValue(nothing.toString(), role(value)))
                    .as("%s null", property)
                    .isInstanceOf(Exception.class);
        }
    }

    @ParameterizedTest
    @MethodSource("values")
    void configurationsSurvive(Object value) {
        IUpdater updater = value instanceof IUpdater it ? it : new Sgd((ISchedule) value);
        MultiLayerConfiguration configuration = Nets.mlp(settings -> settings.updater(updater));
        MultiLayerConfiguration read = MultiLayerConfiguration.fromJson(configuration.toJson());
        assertThat(read).isEqualTo(configuration);
        assertThat(((BaseLayer) read.getConf(0).getLayer()).getIUpdater()).isEqualTo(updater);
        assertThat(MultiLayerConfiguration.fromYaml(configuration.toYaml())).isEqualTo(configuration);
    }

    /** Saved, restored and trained on, a network has the bits of one that was not interrupted. */
    @Tag("slow")
    @ParameterizedTest
    @MethodSource("updaters")
    void trainingGoesOnAfterLoading(IUpdater updater, @TempDir Path directory) {
        for (NetworkClass<?> type : NetworkClass.all()) {
            goesOn(type, updater, directory.resolve(type + ".zip").toFile());
        }
    }

    private static <T extends Model> void goesOn(NetworkClass<T> type, IUpdater updater, File file) {
        T uninterrupted = type.init(Nets.mlp(settings -> settings.updater(updater.clone())));
        T interrupted = type.init(Nets.mlp(settings -> settings.updater(updater.clone())));
        List<DataSet> batches = Batches.mlp();
        for (int step = 0; step < 8; step++) {
            if (step == 4) {
                type.save(interrupted, file);
                interrupted = type.load(file);
            }
            if (step % 2 == 0) {
                type.fit(uninterrupted, batches.get(step));
                type.fit(interrupted, batches.get(step));
            } else {
                accumulate(type, uninterrupted, batches.get(step));
                accumulate(type, interrupted, batches.get(step));
            }
        }
        assertThat(interrupted.params().toDoubleVector())
                .containsExactly(uninterrupted.params().toDoubleVector());
        if (updater.stateSize(1) > 0) {
            assertThat(type.updaterState(interrupted).toDoubleVector())
                    .containsExactly(type.updaterState(uninterrupted).toDoubleVector());
        }
    }

    private static <T extends Model> void accumulate(NetworkClass<T> type, T network, DataSet batch) {
        try (var trainer = type.builder(network).microBatchSize(2).build()) {
            trainer.fit(batch);
        }
    }

    /** updaters-0.1.0.json, written by that version, has every updater and schedule and must stay readable. */
    @Test
    void storedOnesAreReadable() throws Exception {
        JsonNode stored;
        try (InputStream in = JsonTest.class.getResourceAsStream("updaters-0.1.0.json")) {
            stored = new ObjectMapper().readTree(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
        List<Object> read = new ArrayList<>();
        for (JsonNode json : stored.get("updaters")) {
            read.add(MAPPER.readValue(json.toString(), IUpdater.class));
        }
        for (JsonNode json : stored.get("schedules")) {
            read.add(MAPPER.readValue(json.toString(), ISchedule.class));
        }
        assertThat(read).isEqualTo(values().toList());
        List<String> names = new ArrayList<>(Dl4jClasses.implementing(IUpdater.class, "io.github.gradacc.updater"));
        names.addAll(Dl4jClasses.implementing(ISchedule.class, "io.github.gradacc.updater"));
        assertThat(read.stream().map(it -> it.getClass().getName()).distinct())
                .containsExactlyInAnyOrderElementsOf(names);
    }

    /** What DL4J's setLearningRate does to one layer's updater concerns no other. */
    @Test
    void learningRatesAreNotShared() {
        SgdMomentum original = new SgdMomentum(0.1);
        SgdMomentum copy = original.withMomentum(0.9);
        SgdMomentum clone = original.clone();
        LearningRate given = new LearningRate(0.1);
        SgdMomentum made = new SgdMomentum(given, 0, 0, false, false);
        original.setLrAndSchedule(0.2, null);
        assertThat(original.getLearningRate(0, 0)).isEqualTo(0.2);
        made.setLrAndSchedule(Double.NaN, new FixedSchedule(0.3));
        assertThat(made.getLearningRate(0, 0)).isEqualTo(0.3);
        for (IUpdater other : List.<IUpdater>of(copy, clone)) {
            assertThat(other.getLearningRate(0, 0)).isEqualTo(0.1);
        }
        assertThat(given).isEqualTo(new LearningRate(0.1)).isNotEqualTo(new LearningRate(0.2));
        assertThat(original).isEqualTo(new SgdMomentum(0.2)).isNotEqualTo(clone);
        assertThat(new SgdMomentum(new FixedSchedule(0.2))).isEqualTo(original);
    }
}
