/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import static io.github.gradacc.accel.NativeBuild.ONEDNN_AVX2;
import static io.github.gradacc.accel.NativeBuild.ONEDNN_AVX512;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which build is to be loaded. What happens with one that was loaded is in the tests that run with one. */
class ActivationTest {

    private static final Set<String> HASWELL = Set.of("avx2", "fma");
    private static final Set<String> EPYC =
            Set.of("avx2", "fma", "avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd");

    private @Nullable String before;

    @BeforeEach
    void remember() {
        before = System.clearProperty(Activation.EXTENSION);
    }

    @AfterEach
    void restore() {
        if (before == null) {
            System.clearProperty(Activation.EXTENSION);
        } else {
            System.setProperty(Activation.EXTENSION, before);
        }
    }

    private static Optional<String> choose(Set<String> features, @Nullable String wanted, NativeBuild... present) {
        return new Activation(features).choose(List.of(present), wanted);
    }

    @Test
    void takesTheFastestOfSeveral() {
        assertThat(choose(EPYC, null, ONEDNN_AVX512, ONEDNN_AVX2)).isEmpty();
        assertThat(System.getProperty(Activation.EXTENSION)).isEqualTo("-onednn-avx512");
    }

    @Test
    void takesTheOneThatTheProcessorRuns() {
        assertThat(choose(HASWELL, null, ONEDNN_AVX512, ONEDNN_AVX2)).isEmpty();
        assertThat(System.getProperty(Activation.EXTENSION)).isEqualTo("-onednn-avx2");
    }

    @Test
    void takesTheOneThatTheUserNames() {
        assertThat(choose(EPYC, "-onednn-avx2", ONEDNN_AVX512, ONEDNN_AVX2)).isEmpty();
        assertThat(System.getProperty(Activation.EXTENSION)).isEqualTo("-onednn-avx2");
    }

    @Test
    void refusesABuildThatWouldEndTheProcess() {
        assertThat(choose(HASWELL, null, ONEDNN_AVX512))
                .hasValueSatisfying(reason ->
                        assertThat(reason).contains("onednn-avx512", "cannot run", "lacks avx512f", "-onednn-avx2"));
        assertThat(System.getProperty(Activation.EXTENSION)).isNull();
    }

    @Test
    void refusesItAlsoWhereTheUserNamesIt() {
        assertThat(choose(HASWELL, "-onednn-avx512", ONEDNN_AVX512, ONEDNN_AVX2))
                .hasValueSatisfying(reason -> assertThat(reason).contains("cannot run"));
    }

    @Test
    void saysWhatToAdd() {
        assertThat(choose(EPYC, null))
                .hasValueSatisfying(reason ->
                        assertThat(reason).contains("org.nd4j:nd4j-native:1.0.0-M2.1", "classifier", "-onednn-avx512"));
    }

    @Test
    void saysThatThePropertyNamesAnother() {
        assertThat(choose(EPYC, "-onednn", ONEDNN_AVX2))
                .hasValueSatisfying(reason ->
                        assertThat(reason).contains(Activation.EXTENSION, "'-onednn'", "onednn-avx2", "Leave"));
    }
}
