/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Set;
import java.util.TreeSet;

/** What DL4J ships, read from its class files: for tests that want a case for each. */
public final class Dl4jClasses {

    private Dl4jClasses() {}

    /** The names of the public classes of a package that implement an interface and can be instantiated. */
    public static Set<String> implementing(Class<?> type, String packageName) {
        Set<String> names = new TreeSet<>();
        for (JavaClass found : new ClassFileImporter().importPackages(packageName)) {
            if (found.isAssignableTo(type)
                    && found.isTopLevelClass()
                    && !found.isInterface()
                    && found.getModifiers().contains(JavaModifier.PUBLIC)
                    && !found.getModifiers().contains(JavaModifier.ABSTRACT)) {
                names.add(found.getName());
            }
        }
        assertThat(names).as("classes of " + packageName).isNotEmpty();
        return names;
    }
}
