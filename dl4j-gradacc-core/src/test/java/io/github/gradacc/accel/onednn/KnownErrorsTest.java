/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel.onednn;

import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.accel.OneDnn;
import io.github.gradacc.accel.OneDnnLayer;
import io.github.gradacc.accel.OneDnnReport;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.Set;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Errors of oneDNN as ND4J and DL4J call it, each shown, and refused by the trainer. */
class KnownErrorsTest {

    private static final DataSet DATA = new Data(1, DataType.FLOAT).dataSet(4, 3, 2, 8, 8);

    private static MultiLayerNetwork network(DataType type, SubsamplingLayer pooling) {
        return Nets.init(Nets.of(
                type,
                InputType.convolutional(8, 8, 2),
                new ConvolutionLayer.Builder(3, 3).nOut(3).build(),
                pooling,
                softmax(3)));
    }

    private static SubsamplingLayer dilated() {
        return new SubsamplingLayer.Builder(PoolingType.MAX)
                .kernelSize(2, 2)
                .stride(1, 1)
                .dilation(2, 2)
                .build();
    }

    private static SubsamplingLayer paddingCounts() {
        return new SubsamplingLayer.Builder(PoolingType.AVG)
                .kernelSize(3, 3)
                .padding(1, 1)
                .avgPoolIncludePadInDivisor(true)
                .build();
    }

    private static OneDnnLayer pooling(MultiLayerNetwork network) {
        OneDnnReport report = OneDnn.verify(network, DATA.getFeatures(), DATA.getLabels());
        assertThat(report.agrees()).isFalse();
        return report.layers().get(1);
    }

    private static void build(MultiLayerNetwork network) {
        GradientAccumulationTrainer.builder(network).build().close();
    }

    /** The largest of 0 and 2, 10 and 12 in a row of five is 12; without dilation it is that of 0, 1, 5 and 6. */
    @Test
    void pooledWithADilation() {
        INDArray input = Nd4j.arange(25).castTo(DataType.FLOAT).reshape(1, 1, 5, 5);
        INDArray output = Nd4j.create(DataType.FLOAT, 1, 1, 3, 3);
        Nd4j.exec(DynamicCustomOp.builder("maxpool2d")
                .addInputs(input)
                .addOutputs(output)
                .addIntegerArguments(2, 2, 1, 1, 0, 0, 2, 2, 0, 0, 0)
                .build());
        assertThat(output.getFloat(0)).isEqualTo(6);
    }

    @Test
    void isFoundByVerifying() {
        OneDnnLayer layer = pooling(network(DataType.FLOAT, dilated()));
        assertThat(layer.difference()).isGreaterThan(0.1);
        assertThat(layer.differenceWithout()).isGreaterThan(0.1);
        assertThat(layer.agrees()).isFalse();
    }

    @Test
    void isRefused() {
        assertThatThrownBy(() -> build(network(DataType.FLOAT, dilated())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("Layer '1'", "dilation", "allowHelpers(false)");
    }

    @Test
    void isNoErrorInDoubleOrWithoutNativeHelpers() {
        assertThatCode(() -> build(network(DataType.DOUBLE, dilated()))).doesNotThrowAnyException();
        MultiLayerNetwork network = network(DataType.FLOAT, dilated());
        Nd4j.getEnvironment().allowHelpers(false);
        try {
            assertThatCode(() -> build(network)).doesNotThrowAnyException();
        } finally {
            Nd4j.getEnvironment().allowHelpers(true);
        }
    }

    @Test
    void averagesThatCountPaddingAreWrongWithTheHelperOnly() {
        MultiLayerNetwork network = network(DataType.FLOAT, paddingCounts());
        OneDnnLayer layer = pooling(network);
        assertThat(layer.difference()).isGreaterThan(0.1);
        assertThat(layer.differenceWithout()).isLessThan(1e-5);
        assertThatThrownBy(() -> build(network))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll(
                        "Layer '1'", "padding counted", "OneDnn.keepOnly", "avgPoolIncludePadInDivisor");
        OneDnn.keepOnly(network, Set.of("0"));
        assertThatCode(() -> build(network)).doesNotThrowAnyException();
        assertThat(OneDnn.verify(network, DATA.getFeatures(), DATA.getLabels()).agrees())
                .isTrue();
    }
}
