/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the program as a driver in a process of its own. */
class SparkDigitsTest {

    private static final int MEGABYTES = 1024;
    private static final String TWO_EXECUTORS = "local-cluster[2,1," + MEGABYTES + "]";
    private static final String THREADS = "local[2]";

    @TempDir
    private Path directory;

    @Tag("slow")
    @Test
    void theClusterTrainsWhatTheDriverAloneTrains() throws Exception {
        File model = directory.resolve("digits.zip").toFile();

        Run run = run(
                TWO_EXECUTORS, "--batches=10", "--batches-per-step=4", "--epochs=4", "--expect=0.2", "--save=" + model);

        assertThat(run.output())
                .contains(TWO_EXECUTORS + ": 12 steps on 128 examples each")
                .contains("alone: 12 steps")
                .contains("As expected: the parameters should differ by rounding");
        assertThat(run.status()).isZero();
        assertThat(MultiLayerNetwork.load(model, true).getIterationCount()).isEqualTo(12);
    }

    @Tag("slow")
    @Test
    void whatIsNotAsExpectedEndsWithStatus1() throws Exception {
        Run run = run(THREADS, "--batches=2", "--epochs=1", "--expect=1");

        assertThat(run.output()).contains("Not as expected:");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void aWrongArgumentIsRefusedBeforeSparkStarts() throws Exception {
        Run run = run(THREADS, "--partitions=0");

        assertThat(run.output()).contains("--partitions must be at least 1, got 0");
        assertThat(run.status()).isEqualTo(2);
    }

    /**
     * How the program ended.
     *
     * @param status exit status
     * @param output all that it printed
     */
    private record Run(int status, String output) {}

    private Run run(String master, String... arguments) throws IOException, InterruptedException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Path home = Files.createDirectories(directory.resolve("spark"));
        Files.createDirectories(home.resolve("jars"));
        Path output = directory.resolve("output.txt");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                "-Dspark.master=" + master,
                "-Dspark.executor.memory=" + MEGABYTES + "m",
                "-Dspark.executor.extraClassPath=" + classPath,
                "-Dspark.executorEnv.OMP_NUM_THREADS=1",
                "-Dspark.executorEnv.SPARK_SCALA_VERSION=2.12",
                "-Dspark.driver.host=127.0.0.1",
                "-Dspark.driver.bindAddress=127.0.0.1",
                "-Dspark.ui.enabled=false",
                "-cp",
                classPath,
                SparkDigits.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("SPARK_HOME", home.toString());
        builder.environment().put("SPARK_SCALA_VERSION", "2.12");
        builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        Process process = builder.start();
        try {
            assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
            return new Run(process.exitValue(), Files.readString(output));
        } finally {
            process.destroyForcibly();
        }
    }
}
