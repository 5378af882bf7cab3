/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * Lists the example programs, and runs one by its name, upper case or not. Without arguments it runs {@link
 * QuickStart}.
 */
public final class Launcher {

    private static final String LIST = "list";

    private Launcher() {}

    /**
     * Runs a program. The exit status is that of the program: 0, or 1 if something was not as it expects, or 2 if an
     * argument is wrong.
     *
     * @param args the program's name and its options; {@code list} for the names, {@code NAME --help} for the options
     */
    public static void main(String[] args) {
        // Drawing into a file must not depend on a display.
        System.setProperty("java.awt.headless", "true");
        int status = run(args, System.out, System.err);
        if (status != ExitCode.OK) {
            System.exit(status);
        }
    }

    /** The launcher, as a function from its arguments and streams to the exit status. */
    static int run(String[] args, PrintStream out, PrintStream err) {
        return run(programs(), args, out, err);
    }

    /** The same for any programs, by name. */
    static int run(Map<String, CommandSpec> programs, String[] args, PrintStream out, PrintStream err) {
        CommandLine launcher = new CommandLine(command(
                Launcher::quickStart, "Examples of dl4j-gradacc, to be run by name. Without a name: QuickStart."));
        launcher.setCommandName("exec.args");
        programs.forEach(launcher::addSubcommand);
        launcher.addSubcommand(LIST, command((to, errors) -> list(programs, to), "The programs, a line each."));
        launcher.getSubcommands().values().forEach(it -> it.getCommandSpec().mixinStandardHelpOptions(true));
        return launcher.setSubcommandsCaseInsensitive(true)
                .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
                .setExecutionStrategy(parsed -> execute(parsed, out, err))
                .execute(args);
    }

    /** The examples in the order in which they are worth reading. */
    static Map<String, CommandSpec> programs() {
        Map<String, CommandSpec> programs = new LinkedHashMap<>();
        programs.put(
                "QuickStart",
                Classic.command(
                        QuickStart::run,
                        "Iris in batches of 4, of 4 accumulated by 10, and of 40: the last two agree.",
                        "Its argument is where to draw the loss curves."));
        add(programs, AccumulationEqualsBigBatch::new);
        add(programs, LossSpikes::new);
        add(programs, MeanVersusSum::new);
        add(programs, LearningRateSweep::new);
        add(programs, Momentum::new);
        add(programs, Losses::new);
        add(programs, MnistLeNet::new);
        programs.put(
                "LargeBatch",
                command(
                        (out, err) -> LargeBatch.run(out),
                        "What a batch of 512 needs to learn like one of 16: a scaled rate and a warm-up."));
        programs.put(
                "DeepSignal",
                Classic.command(
                        DeepSignal::run,
                        "What initial weights do to a signal on its way through 100 layers.",
                        "Its argument is where to draw the curves."));
        programs.put(
                "CharacterLstm",
                Classic.command(
                        CharacterLstm::run,
                        "An LSTM learns sonnets by truncated BPTT with accumulation, and writes (a minute or more).",
                        "Its argument is the number of epochs."));
        return programs;
    }

    private static void add(Map<String, CommandSpec> programs, Supplier<Experiment> experiment) {
        Experiment made = experiment.get();
        programs.put(made.getClass().getSimpleName(), CommandSpec.forAnnotatedObject(made));
    }

    private static CommandSpec command(Program program, String description) {
        CommandSpec command = CommandSpec.wrapWithoutInspection(program);
        command.mixinStandardHelpOptions(true).usageMessage().description(description);
        return command;
    }

    private static int quickStart(PrintStream out, PrintStream err) throws Exception {
        int status = QuickStart.run(new String[0], out, err);
        out.println("More programs: -Dexec.args=" + LIST);
        return status;
    }

    private static int list(Map<String, CommandSpec> programs, PrintStream out) {
        int width = programs.keySet().stream().mapToInt(String::length).max().orElse(0);
        programs.forEach((name, command) -> out.println(name + " ".repeat(width - name.length()) + "  "
                + command.usageMessage().description()[0]));
        out.println("Run one: -Dexec.args=NAME; its options: -Dexec.args=\"NAME --help\"");
        return ExitCode.OK;
    }

    private static int execute(ParseResult parsed, PrintStream out, PrintStream err) {
        Integer help = CommandLine.executeHelpRequest(parsed);
        if (help != null) {
            return help;
        }
        ParseResult last = parsed.hasSubcommand() ? parsed.subcommand() : parsed;
        CommandSpec command = last.commandSpec();
        try {
            return ((Program) command.userObject()).run(out, err);
        } catch (Exception e) {
            throw new ExecutionException(command.commandLine(), "Failed: " + e, e);
        }
    }
}
