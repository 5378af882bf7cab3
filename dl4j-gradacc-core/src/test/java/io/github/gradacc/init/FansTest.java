/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Reference;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.JsonNode;

final class FansTest {

    @Test
    void areThoseOfLibtorch() {
        for (JsonNode fans : Reference.read("init_stats.json").get("fans")) {
            long[] shape = Shapes.inDl4j(fans.get("shape"));
            assertThat(Fans.of(shape))
                    .as(Arrays.toString(shape))
                    .isEqualTo(new Fans(
                            fans.get("fan_in").asDouble(), fans.get("fan_out").asDouble()));
        }
    }

    /** DL4J counts [nOut, nIn + nOut] for both matrices of an LSTM. */
    @Test
    void areThoseOfTheMatrixForAnLstm() {
        assertThat(Fans.of(new long[] {3, 20})).isEqualTo(new Fans(3, 20));
    }

    /** Their product does not fit an int, and the field of a vast kernel must not overflow either. */
    @Test
    void doNotOverflow() {
        assertThat(Fans.of(new long[] {100_000, 100_000, 1000, 1000, 1000})).isEqualTo(new Fans(1e14, 1e14));
    }

    @Test
    void needTwoDimensionsWithElements() {
        assertThatThrownBy(() -> Fans.of(new long[] {5}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[5]")
                .hasMessageContaining("at least two dimensions")
                .hasMessageContaining("Normal");
        assertThatThrownBy(() -> Fans.of(new long[] {5, 0})).hasMessageContaining("[5, 0]");
        assertThatThrownBy(() -> new Fans(Double.NaN, 1)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> new Fans(1, -1)).hasMessageContaining("-1");
    }

    /** The layouts give the fans of torch's tensor for the layer, seen here through the weights' standard deviation. */
    @Test
    void ofLayoutsAreThoseOfTorchsTensor() {
        // DepthwiseConvolution2D, 3x5 kernel, 400 inputs, 20 for each: torch has [8000, 1, 3, 5].
        assertStd(Layout.DEPTHWISE, FanMode.FAN_IN, 15, 3, 5, 400, 20);
        assertStd(Layout.DEPTHWISE, FanMode.FAN_OUT, 120_000, 3, 5, 400, 20);
        assertStd(Layout.SEPARABLE, FanMode.FAN_IN, 15, 20, 400, 3, 5);
        assertStd(Layout.SEPARABLE, FanMode.FAN_IN, 400, 300, 400, 1, 1);
        // Deconvolution3D, 2x3x4 kernel, 100 inputs, 50 outputs: torch has [100, 50, 2, 3, 4].
        assertStd(Layout.DECONVOLUTION_3D, FanMode.FAN_IN, 50 * 24, 2, 3, 4, 50, 100);
        assertStd(Layout.KERNEL_FIRST, FanMode.FAN_IN, 50 * 12, 3, 4, 50, 200);
        assertStd(Layout.EMBEDDING, FanMode.FAN_IN, 30, 4000, 30);
        assertStd(Layout.LOCALLY_CONNECTED, FanMode.FAN_IN, 90, 20, 90, 70);
        assertStd(Layout.ATTENTION, FanMode.FAN_IN, 90, 20, 40, 90);
        assertStd(Layout.ATTENTION, FanMode.FAN_OUT, 800, 20, 40, 90);
    }

    private static void assertStd(Layout layout, FanMode mode, double fan, long... shape) {
        INDArray weights = Filled.with(3, layout.of(new KaimingNormal(mode, 1)), shape);
        double[] sample = weights.dup('c').data().asDouble();
        Statistics.assertMoments(layout + " " + mode, sample, 0, 1 / Math.sqrt(fan), 3 / (fan * fan));
    }
}
