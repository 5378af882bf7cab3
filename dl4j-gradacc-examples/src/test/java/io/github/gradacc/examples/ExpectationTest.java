/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class ExpectationTest {

    private final Stage stage = new Stage();

    @Test
    void limitsBelongToWhatIsExpected() {
        assertThat(Expectation.atMost("x", 2, 2).met()).isTrue();
        assertThat(Expectation.atMost("x", 2.1, 2).met()).isFalse();
        assertThat(Expectation.atLeast("x", 2, 2).met()).isTrue();
        assertThat(Expectation.atLeast("x", 1.9, 2).met()).isFalse();
        assertThat(Expectation.between("x", 1, 1, 2).met()).isTrue();
        assertThat(Expectation.between("x", 2, 1, 2).met()).isTrue();
        assertThat(Expectation.between("x", 0.9, 1, 2).met()).isFalse();
        assertThat(Expectation.between("x", 2.1, 1, 2).met()).isFalse();
        assertThat(Expectation.equal("x", List.of(1), List.of(1)).met()).isTrue();
        assertThat(Expectation.equal("x", List.of(1), List.of(2)).met()).isFalse();
    }

    @Test
    void nanIsNeverExpected() {
        assertThat(Expectation.atMost("x", Double.NaN, 2).met()).isFalse();
        assertThat(Expectation.atLeast("x", Double.NaN, 2).met()).isFalse();
        assertThat(Expectation.between("x", Double.NaN, 1, 2).met()).isFalse();
    }

    @Test
    void oneThatIsNotMetIsSaidAndIsStatusOne() {
        Expectation met = Expectation.atMost("error", 1.5e-16, 1e-12);
        Expectation missed = Expectation.atLeast("accuracy", 0.85, 0.9);

        assertThat(Expectation.report(List.of(met), stage.out())).isZero();
        assertThat(Expectation.report(List.of(met, missed, met), stage.out())).isEqualTo(1);
        assertThat(stage.printed().lines())
                .containsExactly(
                        "As expected: error: 1.5e-16 (expected: at most 1.0e-12)",
                        "As expected: error: 1.5e-16 (expected: at most 1.0e-12)",
                        "NOT AS EXPECTED: accuracy: 0.85 (expected: at least 0.9)",
                        "As expected: error: 1.5e-16 (expected: at most 1.0e-12)");
    }

    @Test
    void aProgramMustExpectSomething() {
        assertThatIllegalArgumentException().isThrownBy(() -> Expectation.report(List.of(), stage.out()));
    }
}
