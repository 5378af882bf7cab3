/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

/**
 * One array of an updater's state, with an element for each parameter.
 *
 * @param name its name, torch's where torch has one
 * @param initial what it is filled with before the first step
 * @param squares tells whether it holds squares, whose range is twice that of gradients
 */
record Slot(String name, double initial, boolean squares) {

    /** Zeros before the first step. */
    static Slot zeros(String name) {
        return new Slot(name, 0, false);
    }

    /** Zeros before the first step, then squares of gradients. */
    static Slot squares(String name) {
        return new Slot(name, 0, true);
    }
}
