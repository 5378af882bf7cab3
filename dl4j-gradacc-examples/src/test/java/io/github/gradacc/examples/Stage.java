/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Runs the launcher and keeps what it printed. */
final class Stage {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    /** Returns the exit status. */
    int run(String... args) {
        return Launcher.run(args, stream(out), stream(err));
    }

    PrintStream out() {
        return stream(out);
    }

    PrintStream err() {
        return stream(err);
    }

    String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String complaint() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
