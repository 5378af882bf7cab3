/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Dl4jClasses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** The lines of the table in docs/losses.md stand here too: compiled, run, and compared with the document. */
final class DocumentationTest {

    private static final Path DOCUMENT = Path.of("..", "docs", "losses.md");
    private static final Path SOURCE =
            Path.of("src", "test", "java", "io", "github", "gradacc", "loss", "DocumentationTest.java");
    private static final Pattern ROW = Pattern.compile("(?m)^\\|.*\\| `(new Loss.*\\))` \\|$");

    private static List<ILossFunction> documented() {
        return List.of(
                // begin of the documented lines
                new LossCrossEntropy().withWeight(1, 2, 2).withIgnoreIndex(0).withLabelSmoothing(0.1),
                new LossNll().withWeight(1, 2, 2).withIgnoreIndex(0),
                new LossBce().withWeight(1, 2, 2),
                new LossBceWithLogits().withWeight(1, 2, 2).withPosWeight(3, 1, 1),
                new LossMAE(),
                new LossMSE(),
                new LossSmoothL1().withBeta(0.5),
                new LossHuber().withDelta(0.5),
                new LossSoftMargin().withReduction(Reduction.SUM),
                new LossPoissonNll().withLogInput(false).withFull(true).withEps(1e-6),
                new LossGaussianNll().withFull(true).withEps(1e-4),
                new LossKlDiv().withLogTarget(true).withReduction(Reduction.SUM),
                new LossMultiMargin().withP(2).withMargin(0.5).withWeight(1, 2, 2),
                new LossMultiLabelMargin(),
                new LossMultiLabelSoftMargin().withWeight(1, 2, 2),
                new LossMarginRanking().withMargin(0.5),
                new LossHingeEmbedding().withMargin(2),
                new LossCosineEmbedding().withMargin(0.25),
                new LossTripletMargin().withMargin(2).withP(1).withEps(1e-4).withSwap(true),
                new LossCtc().withBlank(3).withZeroInfinity(true)
                // end of the documented lines
                );
    }

    @Test
    void everyDocumentedLineStandsInThisTest() throws IOException {
        Matcher rows = ROW.matcher(Files.readString(DOCUMENT));
        List<String> inDocument = rows.results().map(row -> row.group(1)).toList();
        String source = Files.readString(SOURCE);
        String marked = source.substring(
                source.indexOf("// begin of the documented lines"), source.indexOf("// end of the documented lines"));
        // The formatter breaks lines; only white space may differ.
        String inSource = marked.substring(marked.indexOf('\n')).replaceAll("\\s", "");
        assertThat(inDocument).hasSize(20);
        assertThat(inSource).isEqualTo(String.join(",", inDocument).replaceAll("\\s", ""));
    }

    /** With the labels that the table names, which are those of the other tests, a line gives a score. */
    @Test
    void everyDocumentedLineScores() {
        for (ILossFunction loss : documented()) {
            assertThat(given(loss).score(true)).as("%s", loss).isFinite().isNotZero();
            assertThat(given(loss).gradient().amaxNumber().doubleValue())
                    .as("%s", loss)
                    .isPositive();
        }
    }

    private static Given given(ILossFunction loss) {
        Data data = new Data(2, DataType.DOUBLE);
        if (loss instanceof LossCtc ctc) {
            return CtcTest.given(ctc, new int[][] {{1, 2}}, data.normal(5, 4), 1);
        } else if (loss instanceof LossMAE || loss instanceof LossMSE) {
            return new Given(loss, data.normal(5, 3), data.normal(5, 3));
        } else if (loss instanceof LossPoissonNll || loss instanceof LossKlDiv) {
            // The second of each has the arguments of the table.
            return of(loss).skip(1).findFirst().orElseThrow().given(9).with(loss);
        }
        return of(loss).findFirst().orElseThrow().given(9).with(loss);
    }

    private static Stream<LossCase> of(ILossFunction loss) {
        return LossCase.all().filter(it -> it.loss().getClass() == loss.getClass());
    }

    @Test
    void everyLossIsDocumented() throws IOException {
        String document = Files.readString(DOCUMENT);
        for (String name : Dl4jClasses.implementing(ILossFunction.class, "io.github.gradacc.loss")) {
            assertThat(document).contains("| `" + name.substring(name.lastIndexOf('.') + 1) + "` |");
        }
    }
}
