/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import java.io.Console;

/** Tells whether somebody watches. */
final class Terminal {

    private Terminal() {}

    /**
     * Tells whether the process has a terminal for input and output. Until JDK 21 it then has a console; from JDK 22 on
     * there always is one, which can be asked.
     */
    @SuppressWarnings("SystemConsoleNull")
    static boolean isThere() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }
}
