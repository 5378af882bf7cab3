/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether DL4J's layers use oneDNN, and what that rests on.
 *
 * @param active whether networks made from now on get helpers that use oneDNN
 * @param build file of ND4J's native library that is loaded; empty if none is
 * @param cpuFeatures the instruction sets of this processor that some build of ND4J needs, as Linux names them
 * @param explanation what is active; or what stands in the way, and what to add or change
 */
public record Status(boolean active, String build, Set<String> cpuFeatures, String explanation) {

    /** Copies the set, in alphabetical order. */
    public Status {
        cpuFeatures = Collections.unmodifiableSet(new TreeSet<>(cpuFeatures));
    }

    static Status active(String build, Set<String> features, String explanation) {
        return new Status(true, build, features, explanation);
    }

    static Status inactive(String build, Set<String> features, String explanation) {
        return new Status(false, build, features, explanation);
    }

    /** Returns all of it in one paragraph. */
    @Override
    public String toString() {
        return "oneDNN is " + (active ? "active" : "not active") + ": " + explanation + " Library: "
                + (build.isEmpty() ? "none loaded" : build) + ". Processor: "
                + (cpuFeatures.isEmpty() ? "neither AVX2 nor AVX-512 is known" : String.join(", ", cpuFeatures)) + ".";
    }
}
