/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CpuFeaturesTest {

    private static final String EPYC =
            "flags\t\t: fpu vme sse2 fma avx avx2 avx512f avx512dq avx512cd avx512bw avx512vl";
    private static final String HASWELL = "flags\t\t: fpu vme sse2 fma avx avx2";

    private static Set<String> features(String... lines) {
        return CpuFeatures.fromLinux(Stream.of(lines));
    }

    @Test
    void readsTheFirstProcessorsFlags() {
        assertThat(features("processor\t: 0", HASWELL, "processor\t: 1", EPYC)).containsExactly("avx2", "fma");
    }

    @Test
    void aFlagIsAWholeWord() {
        assertThat(features("flags\t\t: avx512f_not fma4 avx2x")).isEmpty();
    }

    @Test
    void otherArchitecturesHaveNone() {
        assertThat(features("processor\t: 0", "Features\t: fp asimd evtstrm aes"))
                .isEmpty();
    }

    @Test
    void choosesTheFastestBuildThatAProcessorRuns() {
        assertThat(NativeBuild.bestFor(features(EPYC))).isEqualTo(NativeBuild.ONEDNN_AVX512);
        assertThat(NativeBuild.bestFor(features(HASWELL))).isEqualTo(NativeBuild.ONEDNN_AVX2);
        assertThat(NativeBuild.bestFor(Set.of())).isEqualTo(NativeBuild.ONEDNN);
    }

    @Test
    void namesWhatAProcessorLacks() {
        assertThat(NativeBuild.ONEDNN_AVX512.missingFrom(features(HASWELL)))
                .isEqualTo(List.of("avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd"));
    }
}
