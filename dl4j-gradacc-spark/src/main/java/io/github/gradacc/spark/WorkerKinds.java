/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The kinds of those who computed shares so far, and a warning, once, if they differ. */
final class WorkerKinds {

    /** For each fact and each of its values, the executors. */
    private final Map<String, Map<String, SortedSet<String>>> seen = new LinkedHashMap<>();

    private boolean warned;

    /** Adds the kinds of a step. Returns a warning when they differ for the first time. */
    Optional<String> note(List<WorkerKind> kinds) {
        for (WorkerKind kind : kinds) {
            kind.facts()
                    .forEach((fact, value) -> seen.computeIfAbsent(fact, unused -> new TreeMap<>())
                            .computeIfAbsent(value, unused -> new TreeSet<>())
                            .add(kind.executor()));
        }
        List<String> different = new ArrayList<>();
        seen.forEach((fact, values) -> {
            if (values.size() > 1) {
                different.add(fact + ": " + described(values));
            }
        });
        if (warned || different.isEmpty()) {
            return Optional.empty();
        }
        warned = true;
        return Optional.of("The workers differ in " + String.join("; ", different)
                + ". Which of them computes what is up to Spark, so the last bits of the training may differ from run"
                + " to run. Values agree up to rounding");
    }

    private static String described(Map<String, SortedSet<String>> values) {
        List<String> described = new ArrayList<>();
        values.forEach(
                (value, executors) -> described.add("'" + value + "' (executor " + String.join(", ", executors) + ")"));
        return String.join(", ", described);
    }
}
