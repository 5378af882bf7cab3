/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;

/** The quick run leaves out what is tagged as slow; it must not leave out a whole package. */
class QuickRunTest {

    private static final List<JavaMethod> TESTS = new ClassFileImporter()
            .importPackages("io.github.gradacc").stream()
                    .map(JavaClass::getMethods)
                    .flatMap(Set::stream)
                    .filter(method -> method.isMetaAnnotatedWith(Testable.class))
                    .toList();

    private static boolean isSlow(JavaMethod test) {
        return test.isMetaAnnotatedWith(Tag.class) || test.getOwner().isMetaAnnotatedWith(Tag.class);
    }

    private static Set<String> packages(List<JavaMethod> tests) {
        return tests.stream().map(test -> test.getOwner().getPackageName()).collect(Collectors.toSet());
    }

    @Test
    void hasTestsOfEveryPackage() {
        List<JavaMethod> quick = TESTS.stream().filter(test -> !isSlow(test)).toList();
        assertThat(quick).hasSizeBetween(400, TESTS.size() - 30);
        assertThat(packages(quick)).isEqualTo(packages(TESTS)).hasSizeGreaterThan(8);
    }
}
