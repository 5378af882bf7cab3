/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.random.Outcome.Kind;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.train.PartialWindow;
import io.github.gradacc.train.WindowGradient;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A trainer that is wrong is found out by random networks, and the smallest plan shows what is wrong with it. */
@ExtendWith(DoubleByDefault.class)
class ShrinkerTest {

    private static final int PLANS = 20;

    /** A plan shrinks to what the failure needs, and nothing else. */
    @Test
    void nothingIsLeftThatTheFailureDoesNotNeed() {
        Plan failing = new Plan(
                1,
                new Architecture(
                        true, true, true, Source.ROW, List.of(Hidden.DENSE, Hidden.ACTIVATION), Target.TRIPLET),
                Plans.of(1).rules(),
                new Examples(List.of(5, 4, 6, 3), 4, false, Examples.Masks.LABELS, 0),
                new Cut(3, 2, PartialWindow.CARRY, 3, 3));

        Plan smallest = new Shrinker(it -> it.network().has(Hidden.ACTIVATION)
                        && it.examples().sizes().get(0) >= 3
                        && it.cut().k() > 1)
                .shrink(failing);

        assertThat(smallest.network())
                .isEqualTo(new Architecture(false, false, false, Source.ROW, List.of(Hidden.ACTIVATION), Target.MSE));
        assertThat(smallest.examples()).isEqualTo(new Examples(List.of(3), 1, false, Examples.Masks.NONE, 0));
        assertThat(smallest.cut()).isEqualTo(new Cut(2, 0, PartialWindow.STEP, 1, 1));
    }

    /** The gradient of the second step is too large, by a thousandth. */
    @Tag("slow")
    @Test
    void aWrongStepIsFoundAndShrunk() {
        Trial wrong = new Trial(settings -> settings.gradientTransforms(ShrinkerTest::enlargeTheSecond));
        Plan found = LongStream.rangeClosed(1, PLANS)
                .mapToObj(Plans::of)
                .filter(it -> wrong.run(it).kind() == Kind.DIFFERENT)
                .findFirst()
                .orElseThrow();

        Plan smallest = new Shrinker(it -> wrong.run(it).kind() == Kind.DIFFERENT).shrink(found);

        assertThat(new Trial().run(smallest).kind()).isEqualTo(Kind.SAME);
        assertThat(smallest.cut().windows(smallest.batches()).stream()
                        .mapToInt(List::size)
                        .sum())
                .as("steps of %s", smallest)
                .isEqualTo(2);
        assertThat(smallest.network().hidden()).isEmpty();
        assertThat(smallest.examples().sizes()).containsOnly(1);
        assertThat(Failure.describe(found, wrong.run(found), wrong))
                .contains("seed " + found.seed(), smallest.toString(), smallest.json());
    }

    private static void enlargeTheSecond(WindowGradient gradient) {
        if (gradient.iteration() == 1) {
            gradient.parameters().forEach(parameter -> parameter.gradient().muli(1.001));
        }
    }
}
