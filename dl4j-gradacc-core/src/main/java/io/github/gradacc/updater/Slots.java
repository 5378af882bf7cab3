/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import java.util.List;

/**
 * The arrays of an updater's state.
 *
 * @param list in the order in which they are stored
 */
record Slots(List<Slot> list) {

    static Slots of(Slot... slots) {
        return new Slots(List.of(slots));
    }

    int size() {
        return list.size();
    }

    Slot get(int slot) {
        return list.get(slot);
    }
}
