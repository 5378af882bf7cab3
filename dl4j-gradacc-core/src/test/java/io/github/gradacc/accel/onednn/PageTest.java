/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel.onednn;

import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.accel.OneDnn;
import io.github.gradacc.accel.OneDnnReport;
import io.github.gradacc.accel.Status;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** The snippets of {@code docs/onednn.md}. */
class PageTest {

    private final List<String> logged = new ArrayList<>();

    private void log(String line) {
        logged.add(line);
    }

    @Test
    void enabling() {
        // snippet
        Status status = OneDnn.enable();
        log(status.toString());
        // end
        assertThat(status.active()).isTrue();
        assertThat(logged.get(0)).contains("oneDNN is active", "avx2");
    }

    @Test
    void verifying() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                DataType.FLOAT,
                InputType.convolutional(8, 8, 2),
                new ConvolutionLayer.Builder(3, 3).nOut(4).build(),
                softmax(3)));
        DataSet data = new Data(1, DataType.FLOAT).dataSet(5, 3, 2, 8, 8);
        INDArray features = data.getFeatures();
        INDArray labels = data.getLabels();
        // snippet
        OneDnnReport report = OneDnn.verify(network, features, labels);
        log(report.toString());
        OneDnn.keepOnly(network, report.good());
        // end
        assertThat(logged.get(0)).contains("ConvolutionLayer");
        assertThat(network.getLayer(0).getHelper() != null)
                .isEqualTo(report.good().contains("0"));
    }
}
