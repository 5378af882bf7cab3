/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;

/** Whether Spark knows that an RDD gives its elements in the same order each time it is computed. */
final class FixedOrder {

    private FixedOrder() {}

    /**
     * Returns a warning about an RDD without a fixed order. Runs nothing: Spark tells it from where the RDD
     * is from.
     */
    static Optional<String> doubt(JavaRDD<?> rdd) {
        String level;
        try {
            // Spark's own scheduler asks this. It is no public API, but for Java it is there from 2.4 to 4.0.
            level = String.valueOf(rdd.rdd().outputDeterministicLevel());
        } catch (LinkageError e) {
            return Optional.empty();
        }
        return level.equals("DETERMINATE")
                ? Optional.empty()
                : Optional.of("The batches of the RDD have no fixed order (" + level
                        + " in Spark's words), as after repartition(...), a join or a random sample. Which batches"
                        + " share a window may differ from run to run, and the bits of the training with that; and"
                        + " training ends with an error where an executor is lost and its batches come out in another"
                        + " order. Save the data first, or call checkpoint() on the RDD and run an action on it");
    }
}
