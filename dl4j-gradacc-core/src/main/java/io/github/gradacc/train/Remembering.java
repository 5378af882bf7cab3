/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.util.List;

/** What a trainer remembers from step to step beside its network, so that a saved training goes on with it. */
interface Remembering {

    /** Returns what it remembers. */
    List<Double> memory();

    /** Goes on with what {@link #memory()} returned. */
    void recall(List<Double> memory);
}
