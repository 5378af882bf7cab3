/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.serializer.KryoSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A driver that was started without the flags that Spark needs on JDK 17. */
@Tag("slow")
class FlagsTest {

    private static final String VERSION = org.apache.spark.package$.MODULE$.SPARK_VERSION();

    @Test
    void missingFlagsAreNamed() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-cp",
                        LocalCluster.classPath(),
                        Driver.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        assertThat(said).contains("Kryo: On JDK 17 Kryo needs the flag --add-opens");
        if (VERSION.startsWith("3.")) {
            assertThat(said)
                    .contains("flags: On JDK 17 the driver of Spark " + VERSION
                            + " needs the flag --add-exports java.base/sun.nio.ch=ALL-UNNAMED")
                    // Spark's own words, which come first: a context is needed to build a trainer.
                    .contains("context: class org.apache.spark.storage.StorageUtils$")
                    .contains("module java.base does not export sun.nio.ch");
        } else {
            assertThat(said).doesNotContain("flags:", "context:");
        }
    }

    /** Prints what goes wrong. */
    static final class Driver {

        private Driver() {}

        public static void main(String[] args) {
            say("flags", () -> Requirements.requireFlags(VERSION));
            SparkConf conf = new SparkConf(false)
                    .setMaster("local[1]")
                    .setAppName("flags")
                    .set("spark.driver.host", "127.0.0.1")
                    .set("spark.driver.bindAddress", "127.0.0.1")
                    .set("spark.ui.enabled", "false");
            say("Kryo", () -> SerializerCheck.requireBringsBack(new KryoSerializer(conf)));
            say("context", () -> new JavaSparkContext(conf).close());
            System.exit(0);
        }

        private static void say(String what, Runnable attempt) {
            try {
                attempt.run();
            } catch (IllegalStateException | LinkageError e) {
                System.out.println(what + ": " + e.getMessage());
            }
        }
    }
}
