/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

/** The first program to run. */
public final class QuickStart {

    private QuickStart() {}

    /**
     * Prints one line.
     *
     * @param args ignored
     */
    public static void main(String[] args) {
        System.out.println("dl4j-gradacc: the build works.");
    }
}
