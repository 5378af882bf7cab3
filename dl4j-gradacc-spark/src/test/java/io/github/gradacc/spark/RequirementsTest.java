/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;

/** What is asked of the settings of a context, without one. */
class RequirementsTest {

    private final SparkConf conf = new SparkConf(false);

    @Test
    void theGradientFitsIntoTheResults() {
        conf.set("spark.driver.maxResultSize", "1m");
        assertThatCode(() -> Requirements.requireRoom(conf, 110_000, DataType.DOUBLE))
                .doesNotThrowAnyException();
        assertThatIllegalStateException()
                .isThrownBy(() -> Requirements.requireRoom(conf, 131_072, DataType.DOUBLE))
                .withMessageContaining("spark.driver.maxResultSize is 1048576")
                .withMessageContaining("at least 1153433");
        conf.set("spark.driver.maxResultSize", "0");
        assertThatCode(() -> Requirements.requireRoom(conf, 131_072, DataType.DOUBLE))
                .doesNotThrowAnyException();
    }

    /** They are summed in FLOAT, and the sum is what comes back. */
    @Test
    void sumsOfShortTypesAreTwiceAsLarge() {
        conf.set("spark.driver.maxResultSize", "1m");
        assertThatIllegalStateException()
                .isThrownBy(() -> Requirements.requireRoom(conf, 262_144, DataType.FLOAT16))
                .withMessageContaining("at least 1153433");
        assertThatCode(() -> Requirements.requireRoom(conf, 230_000, DataType.FLOAT16))
                .doesNotThrowAnyException();
    }

    @Test
    void parametersFitIntoAJavaArray() {
        conf.set("spark.driver.maxResultSize", "0");
        assertThatIllegalStateException()
                .isThrownBy(() -> Requirements.requireRoom(conf, 1L << 28, DataType.DOUBLE))
                .withMessageContaining("2147483648 bytes")
                .withMessageContaining("2 GB");
    }

    @Test
    void settingsThatCostTimeAreNamed() {
        assertThat(Requirements.advice(conf).orElseThrow())
                .contains("spark.shuffle.compress=false")
                .contains("spark.broadcast.compress=false")
                .contains("OMP_NUM_THREADS=1")
                .doesNotContain("\n");
        conf.set("spark.shuffle.compress", "false").set("spark.executorEnv.OMP_NUM_THREADS", "2");
        assertThat(Requirements.advice(conf).orElseThrow())
                .doesNotContain("shuffle")
                .contains("spark.broadcast.compress=false")
                .doesNotContain("OMP");
        conf.set("spark.broadcast.compress", "false");
        assertThat(Requirements.advice(conf)).isEmpty();
    }
}
