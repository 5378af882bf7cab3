/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.nd4j.linalg.factory.Nd4j;
import picocli.CommandLine.Option;

/**
 * A program that answers a question: it prints numbers in a table, draws a picture, and compares what it found with
 * what it expects. Its exit status is 0, or 1 if an expectation was not met, or 2 if an option is wrong.
 */
abstract class Experiment implements Program {

    @Option(
            names = "--picture",
            paramLabel = "FILE",
            description = "where to draw, a .png file (default: target/NAME.png)")
    private String picture = "target/" + getClass().getSimpleName().toLowerCase(Locale.ROOT) + ".png";

    /** Prints and draws, and returns what was expected. */
    abstract List<Expectation> run(Paper paper) throws IOException;

    @Override
    public final int run(PrintStream out, PrintStream err) throws IOException {
        Paper paper;
        try {
            paper = new Paper(out, PictureFile.of(picture));
        } catch (IllegalArgumentException e) {
            err.println(getClass().getSimpleName() + ": " + e.getMessage());
            return 2;
        }
        // On arrays this small, several native threads mostly wait for each other.
        Nd4j.getEnvironment().setMaxThreads(1);
        Nd4j.getEnvironment().setMaxMasterThreads(1);
        List<Expectation> expectations = run(paper);
        out.println("Picture: " + paper.picture());
        return Expectation.report(expectations, out);
    }
}
