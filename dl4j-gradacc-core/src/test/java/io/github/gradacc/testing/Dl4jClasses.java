/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.nd4j.shade.guava.base.Suppliers;

/** What DL4J ships, read from its class files: for tests that want a case for each. */
public final class Dl4jClasses {

    /** Read once: it takes seconds. */
    private static final Supplier<JavaClasses> ALL = Suppliers.memoize(() -> new ClassFileImporter()
            .importPackages(
                    "org.deeplearning4j.nn.conf",
                    "org.deeplearning4j.nn.layers",
                    "org.deeplearning4j.nn.modelimport",
                    "org.deeplearning4j.preprocessors",
                    "org.deeplearning4j.util",
                    "org.nd4j.linalg.activations",
                    "org.nd4j.linalg.lossfunctions"));

    private Dl4jClasses() {}

    /** The names of the public classes of a package that implement an interface and can be instantiated. */
    public static Set<String> implementing(Class<?> type, String packageName) {
        return named(
                type,
                found -> found.isTopLevelClass() && found.getModifiers().contains(JavaModifier.PUBLIC),
                new ClassFileImporter().importPackages(packageName));
    }

    /** The names of all classes that implement an interface and can be instantiated, nested and hidden ones too. */
    public static Set<String> allImplementing(Class<?> type) {
        return named(type, found -> true, ALL.get());
    }

    private static Set<String> named(Class<?> type, Predicate<JavaClass> wanted, JavaClasses classes) {
        Set<String> names = new TreeSet<>();
        for (JavaClass found : classes) {
            if (found.isAssignableTo(type)
                    && !found.isInterface()
                    && !found.getModifiers().contains(JavaModifier.ABSTRACT)
                    && wanted.test(found)) {
                names.add(found.getName());
            }
        }
        assertThat(names).as("classes that implement " + type).isNotEmpty();
        return names;
    }
}
