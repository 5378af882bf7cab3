/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Swallows the standard output of a test class: DL4J's SameDiff layers print a line for every operation they derive.
 */
public final class Quiet implements BeforeAllCallback, AfterAllCallback {

    private PrintStream before;

    @Override
    public void beforeAll(ExtensionContext context) {
        before = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        System.setOut(before);
    }
}
