/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

/**
 * A library that the core compiles against and does not bring along: who uses a listener that draws with it adds it.
 *
 * @param mainClass a class of it
 * @param dependency its coordinates, {@code group:artifact}
 */
record OptionalLibrary(String mainClass, String dependency) {

    static final OptionalLibrary PROGRESS_BAR =
            new OptionalLibrary("me.tongfei.progressbar.ProgressBar", "me.tongfei:progressbar");
    static final OptionalLibrary XCHART = new OptionalLibrary("org.knowm.xchart.XYChart", "org.knowm.xchart:xchart");

    /**
     * Checks that it is there, before a class is used that names it.
     *
     * @param user the listener that needs it
     * @param otherwise what to do in its place, to end a sentence
     * @throws IllegalStateException if it is not on the class path
     */
    void require(String user, String otherwise) {
        try {
            Class.forName(mainClass, false, OptionalLibrary.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(
                    user + " draws with a library that is not on the class path: add the dependency " + dependency
                            + " (dl4j-gradacc-core names it as an optional one, with the version it was tested with)"
                            + otherwise,
                    e);
        }
    }
}
