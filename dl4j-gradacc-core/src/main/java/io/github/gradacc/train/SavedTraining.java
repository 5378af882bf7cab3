/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.pass.GeneratorState;
import io.github.gradacc.pass.StoredModel;
import io.github.gradacc.pass.TrainedNetwork;
import io.github.gradacc.store.DamagedFileException;
import io.github.gradacc.store.NumbersIn;
import io.github.gradacc.store.NumbersOut;
import io.github.gradacc.store.SealedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.shade.jackson.core.type.TypeReference;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * A training in a file: the entries of DL4J's model file, and beside them
 *
 * <pre>
 *   gradacc/training.json        facts: counters, score, random generator, settings, versions, notes of whoever saved
 *   gradacc/configuration.json   the configuration that another one is compared with
 *   gradacc/window.bin           the open window, if there is one
 * </pre>
 */
final class SavedTraining {

    /** What begins the name of a setting among the facts. */
    static final String SETTING = "setting.";

    /** What begins the name of something {@link Remembering} among the facts. */
    static final String MEMORY = "memory.";

    /** What begins the name of a note among the facts. */
    static final String NOTE = "note.";

    private static final String FACTS = "gradacc/training.json";
    private static final String REFERENCE = "gradacc/configuration.json";
    private static final String WINDOW = "gradacc/window.bin";
    private static final String FORMAT = "format";
    private static final int CURRENT_FORMAT = 1;

    private final StoredModel model = new StoredModel();
    private Map<String, String> facts = Map.of();
    private String reference = "";
    private @Nullable WindowState window;

    private SavedTraining() {}

    /** Writes a training. */
    static void write(
            Path file,
            TrainedNetwork network,
            Map<String, String> facts,
            String reference,
            Optional<WindowState> window)
            throws IOException {
        SealedFile.write(file, zip -> {
            network.write(zip);
            Map<String, String> all = new TreeMap<>(facts);
            all.put(FORMAT, String.valueOf(CURRENT_FORMAT));
            put(zip, FACTS, new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(all));
            put(zip, REFERENCE, reference);
            if (window.isPresent()) {
                zip.putNextEntry(new ZipEntry(WINDOW));
                WindowFormat.write(window.get(), new NumbersOut(zip));
                zip.closeEntry();
            }
        });
    }

    private static void put(ZipOutputStream zip, String name, String text) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(text.getBytes(StandardCharsets.UTF_8));
        zip.closeEntry();
    }

    /**
     * Reads a training; its checksum is compared first.
     *
     * @throws DamagedFileException if the file is not what was written, or not of this kind
     * @throws IOException if it cannot be read
     */
    static SavedTraining read(Path file) throws IOException {
        SavedTraining saved = new SavedTraining();
        SealedFile.read(file, saved::readEntry);
        String format = saved.facts.getOrDefault(FORMAT, "none");
        if (!format.equals(String.valueOf(CURRENT_FORMAT))) {
            throw new IOException(file + " has the format " + format + ", this version of the library reads "
                    + CURRENT_FORMAT + ": read it with the version that wrote it");
        }
        return saved;
    }

    private void readEntry(String name, InputStream bytes) throws IOException {
        if (model.read(name, bytes)) {
            return;
        }
        switch (name) {
            case FACTS -> facts = new ObjectMapper().readValue(text(bytes), new TypeReference<>() {});
            case REFERENCE -> reference = text(bytes);
            case WINDOW -> window = WindowFormat.read(new NumbersIn(bytes));
            default -> {
                // An entry that a later version of the same format added.
            }
        }
    }

    private static String text(InputStream bytes) throws IOException {
        return new String(bytes.readAllBytes(), StandardCharsets.UTF_8);
    }

    static Map<String, String> facts(TrainedNetwork network, GeneratorState generator) {
        Map<String, String> facts = new TreeMap<>();
        facts.put("network", network.networkClass());
        facts.put("iteration", String.valueOf(network.iteration()));
        facts.put("epoch", String.valueOf(network.epoch()));
        facts.put("score", String.valueOf(network.model().score()));
        facts.put("random.seed", String.valueOf(generator.seed()));
        facts.put("random.root", String.valueOf(generator.root()));
        facts.put("random.node", String.valueOf(generator.node()));
        return facts;
    }

    StoredModel model() {
        return model;
    }

    String reference() {
        return reference;
    }

    Optional<WindowState> window() {
        return Optional.ofNullable(window);
    }

    int iteration() {
        return Integer.parseInt(fact("iteration"));
    }

    int epoch() {
        return Integer.parseInt(fact("epoch"));
    }

    double score() {
        return Double.parseDouble(fact("score"));
    }

    GeneratorState generator() {
        return new GeneratorState(
                Long.parseLong(fact("random.seed")),
                Long.parseLong(fact("random.root")),
                Long.parseLong(fact("random.node")));
    }

    /** Returns what something remembered, if that was saved. */
    Optional<List<Double>> memory(String name) {
        return Optional.ofNullable(facts.get(MEMORY + name))
                .map(words ->
                        Arrays.stream(words.split(" ", -1)).map(Double::valueOf).toList());
    }

    /** Returns a fact, or "none". */
    String fact(String name) {
        return facts.getOrDefault(name, "none");
    }

    /** Returns the facts whose names begin so, by the rest of their names. */
    Map<String, String> facts(String prefix) {
        Map<String, String> found = new TreeMap<>();
        facts.forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                found.put(name.substring(prefix.length()), value);
            }
        });
        return found;
    }
}
