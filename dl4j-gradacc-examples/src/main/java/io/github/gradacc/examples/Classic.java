/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.io.PrintStream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;

/** A program that reads its arguments itself, as an entry of the {@link Launcher}. */
final class Classic implements Program {

    private final Main main;

    @Parameters(paramLabel = "ARGUMENT", description = "see above")
    private String[] args = {};

    private Classic(Main main) {
        this.main = main;
    }

    /** A program as a function from its arguments and streams to its exit status. */
    @FunctionalInterface
    interface Main {
        int run(String[] args, PrintStream out, PrintStream err) throws Exception;
    }

    /** The command of such a program; the second line of the description says what its arguments are. */
    static CommandSpec command(Main main, String... description) {
        CommandSpec command = CommandSpec.forAnnotatedObject(new Classic(main));
        command.usageMessage().description(description);
        return command;
    }

    @Override
    public int run(PrintStream out, PrintStream err) throws Exception {
        return main.run(args, out, err);
    }
}
