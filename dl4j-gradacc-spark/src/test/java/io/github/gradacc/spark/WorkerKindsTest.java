/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Workers that differ are reported once, with what differs. */
class WorkerKindsTest {

    private final WorkerKinds kinds = new WorkerKinds();

    @Test
    void equalWorkersAreNoNews() {
        assertThat(kinds.note(List.of(kind("0", "a", "1"), kind("1", "a", "1"))))
                .isEmpty();
        assertThat(kinds.note(List.of(kind("7", "a", "1")))).isEmpty();
    }

    @Test
    void whatDiffersIsNamedOnce() {
        assertThat(kinds.note(List.of(kind("0", "a", "1")))).isEmpty();
        assertThat(kinds.note(List.of(kind("0", "a", "1"), kind("1", "b", "1"))).orElseThrow())
                .startsWith("The workers differ in CPU: 'a' (executor 0), 'b' (executor 1).")
                .contains("may differ from run to run")
                .doesNotContain("threads");
        assertThat(kinds.note(List.of(kind("2", "a", "4")))).isEmpty();
    }

    @Test
    void severalThings() {
        assertThat(kinds.note(List.of(kind("0", "a", "1"), kind("1", "b", "4"), kind("2", "a", "1")))
                        .orElseThrow())
                .contains("CPU: 'a' (executor 0, 2), 'b' (executor 1)")
                .contains("threads: '1' (executor 0, 2), '4' (executor 1)");
    }

    @Test
    void aProcessKnowsItsKind() {
        assertThat(WorkerKind.look().facts())
                .containsKeys("CPU", "level of vector instructions", "native threads", "backend")
                .doesNotContainValue("")
                .isEqualTo(WorkerKind.look().facts());
    }

    private static WorkerKind kind(String executor, String cpu, String threads) {
        return new WorkerKind(executor, Map.of("CPU", cpu, "threads", threads));
    }
}
