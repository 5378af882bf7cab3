/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apiguardian.api.API;
import org.junit.jupiter.api.Test;

/**
 * The public API, type by type and member by member, is what {@code public-api.txt} lists; it does not grow by
 * accident. What is public for other packages of the library only is marked {@code @API(status = INTERNAL)}.
 *
 * <p>Where a change is wanted, the text to put into the resource is in {@code target/public-api.txt}.
 */
class PublicApiTest {

    private static final String LIST = "/public-api.txt";

    @Test
    void isWhatIsListed() throws IOException {
        String actual = publicTypes().map(PublicApiTest::describe).collect(Collectors.joining("\n"));
        Files.writeString(Path.of("target", "public-api.txt"), actual);

        assertThat(actual).isEqualTo(listed());
    }

    private static String listed() throws IOException {
        try (var stream = PublicApiTest.class.getResourceAsStream(LIST)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Stream<Class<?>> publicTypes() {
        return new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("io.github.gradacc").stream()
                        .sorted(Comparator.comparing(JavaClass::getName))
                        .<Class<?>>map(JavaClass::reflect)
                        .filter(PublicApiTest::isPublicApi);
    }

    private static boolean isPublicApi(Class<?> type) {
        Class<?> outer = type.getEnclosingClass();
        return Modifier.isPublic(type.getModifiers()) && !isInternal(type) && (outer == null || isPublicApi(outer));
    }

    private static boolean isInternal(Class<?> type) {
        API api = type.getAnnotation(API.class);
        return api != null && api.status() == API.Status.INTERNAL;
    }

    private static String describe(Class<?> type) {
        List<String> members = Stream.<Member>concat(
                        Arrays.stream(type.getDeclaredFields()),
                        Stream.concat(
                                Arrays.stream(type.getDeclaredConstructors()),
                                Arrays.stream(type.getDeclaredMethods())))
                .filter(member -> Modifier.isPublic(member.getModifiers()) && !member.isSynthetic())
                .filter(PublicApiTest::canBeCalled)
                .map(member -> "    " + describe(member))
                .sorted()
                .toList();
        return Stream.concat(Stream.of(type.getName()), members.stream()).collect(Collectors.joining("\n", "", "\n"));
    }

    /** Methods of an interface are public, but not for those who cannot name their parameters or results. */
    private static boolean canBeCalled(Member member) {
        return !(member instanceof Executable executable)
                || Stream.concat(
                                Arrays.stream(executable.getParameterTypes()),
                                executable instanceof Method method ? Stream.of(method.getReturnType()) : Stream.of())
                        .allMatch(type -> type.isPrimitive() || Modifier.isPublic(type.getModifiers()));
    }

    private static String describe(Member member) {
        String modifier = Modifier.isStatic(member.getModifiers()) ? "static " : "";
        if (member instanceof Field field) {
            return modifier + name(field.getType()) + " " + field.getName();
        } else if (member instanceof Constructor<?> constructor) {
            return "new" + parameters(constructor);
        }
        Method method = (Method) member;
        return modifier + name(method.getReturnType()) + " " + method.getName() + parameters(method);
    }

    private static String parameters(Executable executable) {
        return Arrays.stream(executable.getParameterTypes())
                .map(PublicApiTest::name)
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private static String name(Class<?> type) {
        return type.getSimpleName();
    }
}
