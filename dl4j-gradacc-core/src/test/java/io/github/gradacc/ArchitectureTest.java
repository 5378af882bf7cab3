/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.have;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;

/** The structure of the library: which package may import which, and who may know DL4J's network classes. */
class ArchitectureTest {

    private static final String ROOT = "io.github.gradacc";

    private static final int CLASSES_EXPECTED = 343;

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    /** Every package that exists, with what it may import. */
    private static final Map<String, Set<String>> IMPORTS = Map.ofEntries(
            entry("array", Set.of()),
            entry("dl4j", Set.of()),
            entry("grad", Set.of("array")),
            entry("batch", Set.of("array")),
            entry("store", Set.of()),
            entry("pass", Set.of("dl4j", "grad", "loss", "array")),
            entry("train", Set.of("batch", "pass", "grad", "store", "array")),
            entry("earlystopping", Set.of("train")),
            entry("checkpoint", Set.of("train", "store", "array")),
            entry("listen", Set.of("train", "store")),
            entry("tune", Set.of("train", "pass", "dl4j", "array")),
            entry("init", Set.of("dl4j", "array")),
            entry("loss", Set.of("array")),
            entry("updater", Set.of()),
            entry("accel", Set.of("dl4j", "array")),
            entry("probe", Set.of("pass", "batch", "grad", "dl4j", "store", "array")));

    /**
     * Without classes every rule below would hold. A new class changes this number, and is seen by whoever reviews it.
     */
    @Test
    void everythingWasScanned() {
        assertThat(CLASSES.stream().filter(JavaClass::isTopLevelClass).filter(c -> !isPackageInfo(c)))
                .hasSize(CLASSES_EXPECTED);
        assertThat(CLASSES.stream().map(JavaClass::getPackageName))
                .containsOnly(
                        IMPORTS.keySet().stream().map(name -> ROOT + "." + name).toArray(String[]::new));
    }

    @Test
    void packagesImportInwardsOnly() {
        LayeredArchitecture layers = layeredArchitecture().consideringOnlyDependenciesInAnyPackage(ROOT + "..");
        for (String name : IMPORTS.keySet()) {
            layers = layers.layer(name).definedBy(ROOT + "." + name);
        }
        for (Map.Entry<String, Set<String>> entry : IMPORTS.entrySet()) {
            String[] imported = entry.getValue().toArray(String[]::new);
            var layer = layers.whereLayer(entry.getKey());
            layers = imported.length == 0 ? layer.mayNotAccessAnyLayer() : layer.mayOnlyAccessLayers(imported);
        }
        layers.ensureAllClassesAreContainedInArchitecture().check(CLASSES);
    }

    @Test
    void thereAreNoCycles() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void theSumKnowsArraysOnly() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".grad")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.deeplearning4j..")
                .check(CLASSES);
    }

    @Test
    void publicClassesAreAbstractOrFinal() {
        classes()
                .that(describe(
                        "are public classes",
                        c -> c.getModifiers().contains(JavaModifier.PUBLIC) && !c.isInterface() && !c.isEnum()))
                .should(have(describe(
                        "modifier abstract or final",
                        c -> c.getModifiers().contains(JavaModifier.ABSTRACT)
                                || c.getModifiers().contains(JavaModifier.FINAL))))
                .check(CLASSES);
    }

    @Test
    void nothingIsPrinted() {
        noClasses().should(ACCESS_STANDARD_STREAMS).check(CLASSES);
    }

    /** Only the entrances, and one package behind them, may tell DL4J's two network classes apart. */
    @Test
    void onlyAFewKnowTheNetworkClasses() {
        Set<String> entrances = Set.of(
                ROOT + ".train.GradientAccumulationTrainer",
                ROOT + ".train.GradientAccumulationTrainer$Builder",
                ROOT + ".pass.TrainedNetwork",
                ROOT + ".earlystopping.AccumulatingEarlyStoppingTrainer",
                ROOT + ".earlystopping.AccumulatingEarlyStoppingGraphTrainer",
                ROOT + ".checkpoint.CheckpointedTraining",
                ROOT + ".tune.MicroBatchTuner",
                ROOT + ".init.NetworkInitializer",
                ROOT + ".updater.AveragedParameters",
                ROOT + ".accel.OneDnn",
                ROOT + ".probe.ExactnessReport",
                ROOT + ".probe.LearningRateFinder",
                ROOT + ".probe.SignalPropagation");
        noClasses()
                .that(describe("are not entrances", c -> !entrances.contains(c.getName())))
                .and(not(resideInAPackage(ROOT + ".dl4j")))
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(MultiLayerNetwork.class, ComputationGraph.class)
                .check(CLASSES);
    }

    /** What depends on the class of a layer is a row in the one table, and not decided elsewhere by its type. */
    @Test
    void layerClassesAreKnownInOnePlace() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".dl4j")
                .should()
                .dependOnClassesThat(describe(
                        "are layers or their configurations",
                        c -> (c.getPackageName().startsWith("org.deeplearning4j.nn.conf.layers")
                                        || c.getPackageName().startsWith("org.deeplearning4j.nn.layers"))
                                && !Set.of("Layer", "BaseLayer").contains(c.getSimpleName())))
                .check(CLASSES);
    }

    private static boolean isPackageInfo(JavaClass type) {
        return type.getSimpleName().equals("package-info");
    }
}
