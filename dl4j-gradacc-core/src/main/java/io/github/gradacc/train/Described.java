/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/** What a setting is called in a file: the same for the same setting in every run of a program. */
final class Described {

    private Described() {}

    /** Lambdas have no name of their own, and plain objects only an address: those are named by their class. */
    static String of(Object setting) {
        Class<?> type = setting.getClass();
        if (type.isHidden()) {
            String name = type.getName();
            return "a lambda of " + name.substring(0, name.indexOf("$$"));
        }
        String words = setting.toString();
        boolean isAddress = words.equals(type.getName() + "@" + Integer.toHexString(setting.hashCode()));
        return isAddress ? type.getName() : words;
    }
}
