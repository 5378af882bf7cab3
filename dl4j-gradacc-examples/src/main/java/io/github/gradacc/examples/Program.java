/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.io.PrintStream;

/** An entry of the {@link Launcher}. */
@FunctionalInterface
interface Program {

    /**
     * Runs the program.
     *
     * @param out for what it found
     * @param err for progress, and for what is wrong with its arguments
     * @return the exit status: 0, or 1 if something is not as expected, or 2 if an argument is wrong
     */
    int run(PrintStream out, PrintStream err) throws Exception;
}
