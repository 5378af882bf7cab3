/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

/** The same number of batches always; a record, so that two trainings can be compared. */
record ConstantSchedule(int batches) implements AccumulationSchedule {

    @Override
    public int stepsAt(int iteration, int epoch) {
        return batches;
    }

    @Override
    public String toString() {
        return batches + " batches in each window";
    }
}
