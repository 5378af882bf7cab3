/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * A cluster on this machine, whose executors are processes of their own. One at a time, shared by the tests; another
 * one, which takes some seconds, for those that need other settings.
 */
final class LocalCluster {

    /** Memory of an executor's heap. */
    private static final int MEGABYTES = Integer.getInteger("test.executor.megabytes", 1024);

    private static JavaSparkContext context;
    private static String current;

    private LocalCluster() {}

    /** Returns a running cluster of so many executors; another one is stopped. Spark ends it with this process. */
    static JavaSparkContext of(int executors) {
        return of(executors, Map.of());
    }

    /** As {@link #of(int)}, with settings of Spark. */
    static JavaSparkContext of(int executors, Map<String, String> settings) {
        return of("local-cluster[" + executors + ",1," + MEGABYTES + "]", settings);
    }

    /** Returns a context whose tasks run in this process, on one thread: made in a second. */
    static JavaSparkContext inThisProcess(Map<String, String> settings) {
        return of("local[1]", settings);
    }

    private static synchronized JavaSparkContext of(String master, Map<String, String> settings) {
        String wanted = master + new TreeMap<>(settings);
        if (context == null || !wanted.equals(current) || context.sc().isStopped()) {
            if (context != null) {
                context.stop();
            }
            context = start(master, settings);
            current = wanted;
        }
        return context;
    }

    private static JavaSparkContext start(String master, Map<String, String> settings) {
        try {
            Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        SparkConf conf = new SparkConf()
                .setMaster(master)
                .setAppName("test")
                .set("spark.executor.extraClassPath", classPath())
                .set("spark.executor.memory", MEGABYTES + "m")
                .set("spark.executorEnv.SPARK_SCALA_VERSION", System.getenv("SPARK_SCALA_VERSION"))
                .set("spark.executorEnv.OMP_NUM_THREADS", "1")
                .set("spark.driver.host", "127.0.0.1")
                .set("spark.driver.bindAddress", "127.0.0.1")
                .set("spark.ui.enabled", "false");
        settings.forEach(conf::set);
        return new JavaSparkContext(conf);
    }

    /** Returns the class path of the tests. */
    static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** Makes an RDD of which each partition has the elements of one list. */
    static <T> JavaRDD<T> rdd(JavaSparkContext context, List<List<T>> partitions) {
        // Lists that can be serialized, one for each partition.
        List<ArrayList<T>> lists = partitions.stream().map(ArrayList::new).toList();
        return context.parallelize(new ArrayList<>(lists), lists.size()).flatMap(ArrayList::iterator);
    }
}
