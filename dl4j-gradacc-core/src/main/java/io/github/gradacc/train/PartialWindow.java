/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/** What happens at the end of an epoch to a window that is not full. */
public enum PartialWindow {
    /** A step is taken on the examples that are there; their gradients are averaged over their own number. */
    STEP,

    /** The gradients are dropped. An epoch shorter than a window then takes no step, which is logged as a warning. */
    DROP,

    /** The window stays open and is filled by the next epoch. What is open when the trainer is closed is dropped. */
    CARRY
}
