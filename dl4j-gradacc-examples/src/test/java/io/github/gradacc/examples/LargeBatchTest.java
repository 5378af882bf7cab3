/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.examples.LargeBatch.Outcome;
import io.github.gradacc.examples.LargeBatch.Way;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

class LargeBatchTest {

    @Tag("slow")
    @Test
    void theRecipeHoldsTheAccuracy() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int status = LargeBatch.run(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        String out = bytes.toString(StandardCharsets.UTF_8);
        assertThat(status).as(out).isZero();
        assertThat(out.lines())
                .hasSize(5)
                .anySatisfy(line -> assertThat(line).matches("batches of 16 +5120 +0\\.9\\d+"))
                .anySatisfy(line -> assertThat(line).matches("batches of 512, the same rate +160 +0\\.[678]\\d+"))
                .anySatisfy(line -> assertThat(line).matches("batches of 512, scaled rate, warm-up +160 +0\\.9\\d+"))
                .anySatisfy(line -> assertThat(line).startsWith("As expected"));
    }

    /** Whoever learned the training set is wrong on a test set whose digits are called by the next one's name. */
    @Tag("slow")
    @Test
    void accuraciesAreThoseOfTheTestSet() {
        DataSet training = Digits.draw(1024, 1);
        DataSet test = Digits.draw(200, 2);
        INDArray renamed = Nd4j.zeros(test.getLabels().shape());
        for (int i = 0; i < 200; i++) {
            renamed.putScalar(i, (i + 1) % 10, 1);
        }
        Outcome outcome = LargeBatch.train(training, new DataSet(test.getFeatures(), renamed));
        assertThat(outcome.small().accuracy()).isLessThan(0.2);
        assertThat(outcome.small().steps()).isEqualTo(20 * 64);
        assertThat(outcome.recipe().steps()).isEqualTo(20 * 2);
    }

    @Test
    void whatIsNotExpectedIsSaid() {
        Way small = new Way("small", 1, 0.95);
        assertThat(new Outcome(small, new Way("same", 1, 0.7), new Way("recipe", 1, 0.94)).isAsExpected())
                .isTrue();
        assertThat(new Outcome(small, new Way("same", 1, 0.7), new Way("recipe", 1, 0.92)).isAsExpected())
                .isFalse();
        assertThat(new Outcome(small, new Way("same", 1, 0.94), new Way("recipe", 1, 0.95)).isAsExpected())
                .isFalse();
    }
}
