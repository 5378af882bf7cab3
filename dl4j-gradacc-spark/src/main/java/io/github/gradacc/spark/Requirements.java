/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.nd4j.linalg.api.buffer.DataType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What must hold before a training starts, said before Spark fails on it in its own words. */
final class Requirements {

    private static final Logger log = LoggerFactory.getLogger(Requirements.class);

    /** Beside the arrays a result has headers. */
    private static final double MORE = 1.1;

    private static final String THREADS = "spark.executorEnv.OMP_NUM_THREADS";

    private Requirements() {}

    /**
     * Checks the flags of the driver's process, the context, its limits and its serializer. Logs which of its settings
     * cost time.
     *
     * @param parameters number of parameters
     * @param type of the parameters
     * @throws IllegalArgumentException if the context is null
     * @throws IllegalStateException if something does not hold; the message says what to do
     */
    static void check(JavaSparkContext context, long parameters, DataType type) {
        if (context == null) {
            throw new IllegalArgumentException("A JavaSparkContext is needed, got null");
        }
        requireFlags(context.version());
        requireRunning(context);
        SparkConf conf = context.getConf();
        requireRoom(conf, parameters, type);
        SerializerCheck.requireBringsBack(SparkEnv.get().serializer());
        advice(conf).ifPresent(log::info);
    }

    /**
     * Checks that the driver's process has the flag that Spark's own launcher gives it.
     *
     * @param version of Spark: from 4.0 on it does without
     */
    static void requireFlags(String version) {
        Module base = Object.class.getModule();
        if (version.startsWith("3.") && !base.isExported("sun.nio.ch", Requirements.class.getModule())) {
            throw new IllegalStateException("On JDK 17 the driver of Spark " + version + " needs the flag --add-exports"
                    + " java.base/sun.nio.ch=ALL-UNNAMED: give it to java, or use spark-submit, which does");
        }
    }

    /** Checks that a context has not been stopped. */
    static void requireRunning(JavaSparkContext context) {
        if (context.sc().isStopped()) {
            throw new IllegalStateException("The JavaSparkContext is stopped: make a new one, and a new trainer for it."
                    + " The network is as after its last step");
        }
    }

    /**
     * Checks that parameters and gradient fit into what they travel in.
     *
     * @param parameters number of parameters
     * @param type of the parameters; the sums of 16-bit types come back in FLOAT
     */
    static void requireRoom(SparkConf conf, long parameters, DataType type) {
        long bytes = parameters * Math.max(type.width(), DataType.FLOAT.width());
        if (bytes > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException("Parameters or gradient have " + bytes
                    + " bytes; they travel as one Java array, which holds 2 GB. Use FLOAT in place of DOUBLE, or"
                    + " train on one machine");
        }
        long limit = conf.getSizeAsBytes("spark.driver.maxResultSize", "1g");
        long needed = (long) (MORE * bytes);
        if (limit > 0 && needed > limit) {
            throw new IllegalStateException("The gradient that comes back to the driver needs up to " + needed
                    + " bytes, spark.driver.maxResultSize is " + limit + ": set it to at least " + needed
                    + ", or to 0 for no limit");
        }
    }

    /** Returns which settings cost time and change nothing else, in one line. */
    static Optional<String> advice(SparkConf conf) {
        List<String> all = new ArrayList<>();
        if (conf.getBoolean("spark.shuffle.compress", true)) {
            all.add("spark.shuffle.compress=false, since gradients hardly compress");
        }
        if (conf.getBoolean("spark.broadcast.compress", true)) {
            all.add("spark.broadcast.compress=false, since parameters hardly compress");
        }
        if (!conf.contains(THREADS)) {
            all.add(THREADS + "=1, since tasks run side by side");
        }
        return all.isEmpty()
                ? Optional.empty()
                : Optional.of("Steps take less time with these settings of the context: " + String.join("; ", all));
    }
}
