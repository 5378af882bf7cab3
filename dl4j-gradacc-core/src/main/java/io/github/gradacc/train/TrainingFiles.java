/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.MicroGradient;
import io.github.gradacc.pass.GeneratorState;
import io.github.gradacc.pass.TrainedNetwork;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Saves the training of one trainer to files, and puts a saved one in its place: whole, or not at all. */
final class TrainingFiles {

    private static final Logger log = LoggerFactory.getLogger(TrainingFiles.class);

    private final TrainedNetwork network;
    private final Resumable training;
    private final Map<String, String> settings;

    TrainingFiles(TrainedNetwork network, Resumable training, Map<String, String> settings) {
        this.network = network;
        this.training = training;
        this.settings = settings;
    }

    /** Returns the network's configuration now, as others are compared with it. */
    String configuration() {
        try {
            return network.configurationJson();
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "A network is saved by way of its configuration's JSON, and this one cannot be written: "
                            + e.getMessage(),
                    e);
        }
    }

    /**
     * Saves.
     *
     * @param reference the configuration that a training must have to go on from the file
     * @param generator where the random generator is
     * @param notes kept with it
     * @throws UncheckedIOException if it cannot be written; a file that was there stays
     */
    void save(Path file, String reference, GeneratorState generator, Map<String, String> notes) {
        Map<String, String> facts = SavedTraining.facts(network, generator);
        facts.put("library", version());
        facts.put("backend", backend());
        settings.forEach((name, value) -> facts.put(SavedTraining.SETTING + name, value));
        training.remembering().forEach((name, each) -> facts.put(SavedTraining.MEMORY + name, words(each.memory())));
        notes.forEach((name, value) -> facts.put(SavedTraining.NOTE + name, value));
        try {
            SavedTraining.write(file, network, facts, reference, training.state());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "The training could not be saved to " + file + " (" + words(e)
                            + "). The network is as it was, and so is a file of that name that was there before",
                    e);
        }
    }

    /**
     * Reads a file.
     *
     * @throws UncheckedIOException if it cannot be read, or is not what was written
     */
    static SavedTraining read(Path file) {
        try {
            return SavedTraining.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException("No training could be restored from " + file + " (" + words(e) + ")", e);
        }
    }

    private static String words(List<Double> memory) {
        return memory.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    private static String words(IOException e) {
        return e instanceof NoSuchFileException ? "there is no such file or directory" : String.valueOf(e.getMessage());
    }

    /**
     * Puts a training in place of this one, the open window included. Whatever could fail comes before anything is
     * changed.
     *
     * @param reference the configuration that the training must have been saved with
     * @param accept given the notes of a training that has this configuration and these settings
     * @throws IllegalArgumentException if it is of another network, configuration or settings; the message names the
     *     difference
     */
    void restore(SavedTraining saved, Path file, String reference, Consumer<Map<String, String>> accept) {
        requireSame(saved, file, reference);
        accept.accept(saved.facts(SavedTraining.NOTE));
        requireRates(saved, file);
        Optional<MicroGradient> like;
        try {
            network.requireFits(saved.model());
            like = saved.window().flatMap(training::trial);
        } catch (IllegalArgumentException e) {
            throw refused(file, Objects.requireNonNullElse(e.getMessage(), ""), e);
        }
        network.restore(saved.model(), saved.iteration(), saved.epoch(), saved.score());
        training.discard();
        saved.window().ifPresent(window -> training.restore(window, like));
        training.remembering().forEach((name, each) -> saved.memory(name).ifPresent(each::recall));
        saved.generator().putIntoThisThread();
        warnOfOtherVersions(saved, file);
    }

    private void requireSame(SavedTraining saved, Path file, String reference) {
        if (!saved.fact("network").equals(network.networkClass())) {
            throw refused(
                    file, "its network is a " + saved.fact("network") + ", this one a " + network.networkClass(), null);
        }
        ConfigurationDifference.of(saved.reference(), reference).ifPresent(difference -> {
            throw refused(
                    file,
                    "the configurations differ: " + difference
                            + (difference.contains("seed is") ? " (set a fixed seed, which DL4J draws otherwise)" : ""),
                    null);
        });
        Map<String, String> theirs = saved.facts(SavedTraining.SETTING);
        Set<String> names = new TreeSet<>(theirs.keySet());
        names.addAll(settings.keySet());
        for (String name : names) {
            String before = theirs.getOrDefault(name, "not set");
            String now = settings.getOrDefault(name, "not set");
            if (!before.equals(now)) {
                throw refused(
                        file,
                        "the settings differ: " + name + " is " + before + " in the file, " + now + " here",
                        null);
            }
        }
    }

    /** Rates that were set while training are part of what was saved. */
    private void requireRates(SavedTraining saved, Path file) {
        String before = configuration();
        if (ConfigurationDifference.of(saved.model().configuration(), before).isEmpty()) {
            return;
        }
        network.adoptUpdaters(saved.model().configuration());
        ConfigurationDifference.of(saved.model().configuration(), configuration())
                .ifPresent(difference -> {
                    network.adoptUpdaters(before);
                    throw refused(
                            file,
                            "the configuration was changed while training, by more than learning rates: " + difference,
                            null);
                });
    }

    private static IllegalArgumentException refused(Path file, String why, @Nullable Exception cause) {
        return new IllegalArgumentException(
                "The training in " + file + " is another one, " + why
                        + ". Nothing is changed. Go on with the network and settings it was saved with, or begin anew"
                        + " with another file or directory",
                cause);
    }

    private static void warnOfOtherVersions(SavedTraining saved, Path file) {
        if (!saved.fact("library").equals(version()) || !saved.fact("backend").equals(backend())) {
            log.warn(
                    "The training in {} was saved by version {} on {}, and goes on with version {} on {}: it may end"
                            + " with other bits",
                    file,
                    saved.fact("library"),
                    saved.fact("backend"),
                    version(),
                    backend());
        }
    }

    private static String version() {
        String version = TrainingFiles.class.getPackage().getImplementationVersion();
        return version == null ? "unknown" : version;
    }

    private static String backend() {
        return Nd4j.getBackend().getClass().getSimpleName();
    }
}
