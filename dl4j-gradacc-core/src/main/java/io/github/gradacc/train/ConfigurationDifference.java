/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Where two configurations differ, in DL4J's JSON; how far training has come is no difference. */
final class ConfigurationDifference {

    private static final Set<String> COUNTERS = Set.of("iterationCount", "epochCount");
    private static final int LONGEST = 60;

    private ConfigurationDifference() {}

    /**
     * Compares two.
     *
     * @param saved the JSON of one
     * @param own the JSON of the other
     * @return the first difference in words; empty if there is none
     */
    static Optional<String> of(String saved, String own) {
        ObjectMapper mapper = new ObjectMapper();
        try {
            List<String> found = new ArrayList<>();
            compare("", mapper.readTree(saved), mapper.readTree(own), found);
            return found.stream().findFirst();
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("The configuration is no JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static void compare(String path, JsonNode saved, JsonNode own, List<String> found) {
        if (saved.isObject() && own.isObject()) {
            Set<String> names = new TreeSet<>();
            saved.fieldNames().forEachRemaining(names::add);
            own.fieldNames().forEachRemaining(names::add);
            names.removeAll(COUNTERS);
            for (String name : names) {
                compare(path.isEmpty() ? name : path + "." + name, saved.path(name), own.path(name), found);
            }
        } else if (saved.isArray() && own.isArray() && saved.size() == own.size()) {
            for (int i = 0; i < saved.size(); i++) {
                compare(path + "[" + i + "]", saved.get(i), own.get(i), found);
            }
        } else if (!saved.equals(own)) {
            found.add(path + " is " + words(saved) + " in the file, " + words(own) + " here");
        }
    }

    private static String words(JsonNode value) {
        if (value.isMissingNode()) {
            return "absent";
        }
        if (value.isArray()) {
            return "a list of " + value.size();
        }
        String words = value.toString();
        return words.length() <= LONGEST ? words : words.substring(0, LONGEST) + "...";
    }
}
