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
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;

/** The structure of the library: which package may import which, and who may know DL4J's network classes. */
class ArchitectureTest {

    private static final String ROOT = "io.github.gradacc";

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    /** Without classes every rule below would hold. */
    @Test
    void enoughWasScannedToMeanSomething() {
        assertThat(CLASSES.stream().filter(JavaClass::isTopLevelClass)).hasSizeGreaterThan(30);
        assertThat(CLASSES.stream().map(JavaClass::getPackageName))
                .contains(
                        ROOT + ".grad",
                        ROOT + ".batch",
                        ROOT + ".net",
                        ROOT + ".train",
                        ROOT + ".earlystopping",
                        ROOT + ".probe");
    }

    @Test
    void packagesImportInwardsOnly() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage(ROOT + "..")
                .withOptionalLayers(true)
                .layer("array")
                .definedBy(ROOT + ".array")
                .layer("dl4j")
                .definedBy(ROOT + ".dl4j")
                .layer("grad")
                .definedBy(ROOT + ".grad")
                .layer("batch")
                .definedBy(ROOT + ".batch")
                .layer("net")
                .definedBy(ROOT + ".net")
                .layer("train")
                .definedBy(ROOT + ".train")
                .layer("listen")
                .definedBy(ROOT + ".listen")
                .layer("earlystopping")
                .definedBy(ROOT + ".earlystopping")
                .layer("init")
                .definedBy(ROOT + ".init")
                .layer("loss")
                .definedBy(ROOT + ".loss")
                .layer("probe")
                .definedBy(ROOT + ".probe")
                .whereLayer("grad")
                .mayOnlyBeAccessedByLayers("batch", "net", "train")
                .whereLayer("batch")
                .mayOnlyBeAccessedByLayers("train")
                .whereLayer("net")
                .mayOnlyBeAccessedByLayers("train")
                .whereLayer("train")
                .mayOnlyBeAccessedByLayers("listen", "earlystopping")
                .whereLayer("listen")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("earlystopping")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("init")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("loss")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("probe")
                .mayNotBeAccessedByAnyLayer()
                .ensureAllClassesAreContainedInArchitecture()
                .check(CLASSES);
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

    @Test
    void onlyAFewKnowTheNetworkClasses() {
        Set<String> entrances = Set.of(
                ROOT + ".train.GradientAccumulationTrainer",
                ROOT + ".train.GradientAccumulationTrainer$Builder",
                ROOT + ".init.NetworkInitializer");
        noClasses()
                .that(describe("are not entrances", c -> !entrances.contains(c.getName())))
                .and(not(resideInAPackage(ROOT + ".net")
                        .or(resideInAPackage(ROOT + ".dl4j"))
                        .or(resideInAPackage(ROOT + ".probe"))
                        .or(resideInAPackage(ROOT + ".earlystopping"))))
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(MultiLayerNetwork.class, ComputationGraph.class)
                .check(CLASSES);
    }
}
