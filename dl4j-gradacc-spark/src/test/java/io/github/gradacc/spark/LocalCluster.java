/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/** A cluster on this machine, whose executors are processes of their own. One at a time, shared by the tests. */
final class LocalCluster {

    /** Memory of an executor's heap. */
    private static final int MEGABYTES = Integer.getInteger("test.executor.megabytes", 1024);

    private static JavaSparkContext context;
    private static int current;

    private LocalCluster() {}

    /** Returns a running cluster of so many executors; another one is stopped. Spark ends it with this process. */
    static synchronized JavaSparkContext of(int executors) {
        if (context == null || current != executors || context.sc().isStopped()) {
            if (context != null) {
                context.stop();
            }
            context = start(executors);
            current = executors;
        }
        return context;
    }

    private static JavaSparkContext start(int executors) {
        try {
            Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return new JavaSparkContext(new SparkConf()
                .setMaster("local-cluster[" + executors + ",1," + MEGABYTES + "]")
                .setAppName("test")
                .set("spark.executor.extraClassPath", classPath)
                .set("spark.executor.memory", MEGABYTES + "m")
                .set("spark.executorEnv.SPARK_SCALA_VERSION", "2.12")
                .set("spark.executorEnv.OMP_NUM_THREADS", "1")
                .set("spark.driver.host", "127.0.0.1")
                .set("spark.driver.bindAddress", "127.0.0.1")
                .set("spark.ui.enabled", "false"));
    }

    /** Makes an RDD of which each partition has the elements of one list. */
    static <T> JavaRDD<T> rdd(JavaSparkContext context, List<List<T>> partitions) {
        // Lists that can be serialized, one for each partition.
        List<ArrayList<T>> lists = partitions.stream().map(ArrayList::new).toList();
        return context.parallelize(new ArrayList<>(lists), lists.size()).flatMap(ArrayList::iterator);
    }
}
