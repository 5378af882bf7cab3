/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import java.util.Arrays;
import java.util.Properties;
import java.util.Set;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.Nd4jCpu;

/** With the build of ND4J that everybody has: nothing is switched on, and nothing changes. */
class WithoutOneDnnTest {

    private static MultiLayerNetwork convolution() {
        return Nets.init(Nets.of(
                DataType.FLOAT,
                InputType.convolutional(6, 6, 1),
                new ConvolutionLayer.Builder(3, 3).nOut(2).build(),
                softmax(3)));
    }

    @Test
    void enablingSaysWhatIsMissingAndChangesNothing() {
        Nd4j.scalar(0.0);
        Properties before = (Properties) System.getProperties().clone();
        Status status = OneDnn.enable();
        assertThat(status.active()).isFalse();
        assertThat(status.build()).contains("nd4jcpu");
        assertThat(status.toString())
                .contains("not active", "built without oneDNN", "org.nd4j:nd4j-native", "-onednn", "before anything");
        assertThat(System.getProperties()).isEqualTo(before);
        assertThat(convolution().getLayer(0).getHelper()).isNull();
        OneDnn.disable();
        assertThat(System.getProperties()).isEqualTo(before);
    }

    /** ND4J's own flag says yes here. */
    @Test
    void theAnswerToDl4jIsTrue() {
        System.setProperty("io.github.gradacc.onednn", "true");
        try {
            assertThat(Nd4jCpu.Environment.getInstance().isUseMKLDNN()).isFalse();
        } finally {
            System.clearProperty("io.github.gradacc.onednn");
        }
    }

    @Test
    void thereIsNothingToVerify() {
        DataSet data = new Data(1, DataType.FLOAT).dataSet(2, 3, 1, 6, 6);
        assertThatThrownBy(() -> OneDnn.verify(convolution(), data.getFeatures(), data.getLabels()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll(
                        "None of the network's layers uses oneDNN", "after OneDnn.enable()", "not enabled now");
    }

    @Test
    void thereIsNothingToKeep() {
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(3), dense(2), softmax(2)));
        assertThatThrownBy(() -> OneDnn.keepOnly(network, Set.of("0")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no layers that use oneDNN: [0]");
    }

    @Test
    void networksAndArraysAreAskedFor() {
        assertThatThrownBy(() -> OneDnn.keepOnly((ComputationGraph) null, Set.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("A network is needed");
        assertThatThrownBy(() -> OneDnn.verify(convolution(), null, Nd4j.ones(1, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("verify needs features, got null");
        assertThatThrownBy(() -> OneDnn.keepOnly(convolution(), Arrays.asList("0", null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("needs names of layers, got [0, null]");
        assertThatThrownBy(() -> OneDnn.keepOnly(convolution(), Set.of("0")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("There are none: the network was made before OneDnn.enable()");
    }
}
