/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** What must hold before a training starts, said before Spark fails on it in its own words. */
final class Requirements {

    /** Beside the arrays a result has headers. */
    private static final double MORE = 1.1;

    private Requirements() {}

    /**
     * Checks the flags of the driver's process, the context, and its limits.
     *
     * @param parameterBytes size of the parameters
     * @throws IllegalArgumentException if the context is null
     * @throws IllegalStateException if something does not hold; the message says what to do
     */
    static void check(JavaSparkContext context, long parameterBytes) {
        if (context == null) {
            throw new IllegalArgumentException("A JavaSparkContext is needed, got null");
        }
        requireFlags();
        if (context.sc().isStopped()) {
            throw new IllegalStateException("The JavaSparkContext is stopped: make a new one");
        }
        requireRoom(context.getConf(), parameterBytes);
    }

    private static void requireFlags() {
        Module base = Object.class.getModule();
        if (!base.isExported("sun.nio.ch", Requirements.class.getModule())) {
            throw new IllegalStateException("On JDK 17 Spark's driver needs the flag --add-exports"
                    + " java.base/sun.nio.ch=ALL-UNNAMED: give it to java, or use spark-submit, which does");
        }
    }

    private static void requireRoom(SparkConf conf, long parameterBytes) {
        if (parameterBytes > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException("The parameters have " + parameterBytes
                    + " bytes; they are broadcast as one Java array, which holds 2 GB. Use FLOAT in place of DOUBLE, or"
                    + " train on one machine");
        }
        long limit = conf.getSizeAsBytes("spark.driver.maxResultSize", "1g");
        long needed = (long) (MORE * parameterBytes);
        if (limit > 0 && needed > limit) {
            throw new IllegalStateException("The gradient that comes back to the driver needs up to " + needed
                    + " bytes, spark.driver.maxResultSize is " + limit + ": set it to at least " + needed
                    + ", or to 0 for no limit");
        }
    }
}
