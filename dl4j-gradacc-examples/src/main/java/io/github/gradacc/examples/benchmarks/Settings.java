/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * What to measure, from the command line: {@code full} for the whole table, and {@code name=value} for single
 * settings; the items of a list are separated by commas.
 */
final class Settings {

    private static final Set<String> NAMES = Set.of(
            "networks",
            "ways",
            "micro",
            "effective",
            "examples",
            "ks",
            "rounds",
            "warmup",
            "updaters",
            "minutes",
            "steps",
            "every");

    private final Map<String, String> given = new HashMap<>();
    private boolean full;

    /** @throws IllegalArgumentException if an argument is not one of the settings */
    Settings(String... args) {
        for (String arg : args) {
            int equals = arg.indexOf('=');
            if (arg.equals("full")) {
                full = true;
            } else if (equals > 0 && NAMES.contains(arg.substring(0, equals))) {
                given.put(arg.substring(0, equals), arg.substring(equals + 1));
            } else {
                throw new IllegalArgumentException(
                        "Expected 'full' or name=value with a name of " + NAMES + ", got '" + arg + "'");
            }
        }
    }

    /** The networks to measure. */
    List<Workload> networks(Workload... byDefault) {
        return list("networks", Workload::valueOf, List.of(byDefault), List.of(byDefault));
    }

    /** The ways to measure. */
    List<Way> ways(Way... byDefault) {
        return list("ways", Way::valueOf, List.of(byDefault), List.of(byDefault));
    }

    /** The names of a setting. */
    List<String> names(String name, List<String> byDefault) {
        return list(name, Function.identity(), byDefault, byDefault);
    }

    /** The sizes of a setting. */
    List<Integer> sizes(String name, List<Integer> byDefault, List<Integer> ifFull) {
        return list(name, Integer::valueOf, byDefault, ifFull);
    }

    /**
     * Goes through all micro-batch sizes for each effective batch.
     *
     * @param microByDefault the micro-batch sizes if none are given
     * @param body takes the micro-batch and the effective batch
     */
    void forEachSize(List<Integer> microByDefault, BiConsumer<Integer, Integer> body) {
        for (int effective : sizes("effective", List.of(256), List.of(256, 1024))) {
            for (int micro : sizes("micro", microByDefault, List.of(8, 32, 128))) {
                body.accept(micro, effective);
            }
        }
    }

    /** The number of measured rounds. */
    int rounds() {
        return number("rounds", 11);
    }

    /** The number of seconds to warm up before each row. */
    int warmUpSeconds() {
        return number("warmup", 40);
    }

    /** A setting that is one number. */
    int number(String name, int byDefault) {
        return sizes(name, List.of(byDefault), List.of(byDefault)).get(0);
    }

    private <T> List<T> list(String name, Function<String, T> parse, List<T> byDefault, List<T> ifFull) {
        String value = given.get(name);
        if (value == null) {
            return full ? ifFull : byDefault;
        }
        return Arrays.stream(value.split(",")).map(parse).toList();
    }
}
