/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static io.github.gradacc.testing.NetworkClass.LAYERS;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling3D;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Networks that DL4J 1.0.0-M2.1 builds but cannot train, and which the exactness table therefore leaves out. A case
 * that fails here has been mended in DL4J and belongs in the table. Two more networks are only told of here, since
 * their native operations print what they fail of: PReLU on shared axes (Op [prelu_bp] execution failed) and learned
 * self-attention (Op with name scatter_update [...] execution failed).
 */
class NativeLimitsTest {

    /** A network that native training fails on, and a part of the message it fails with. */
    record Limit(ExactnessCase testCase, String message) {
        @Override
        public String toString() {
            return testCase.name();
        }
    }

    static Stream<Limit> limits() {
        return Stream.of(
                new Limit(
                        ExactnessCase.of(
                                "sum pooling",
                                () -> Nets.of(
                                        InputType.convolutional(4, 4, 2),
                                        new SubsamplingLayer.Builder(PoolingType.SUM)
                                                .kernelSize(2, 2)
                                                .build(),
                                        softmax(3)),
                                NativeLimitsTest::images),
                        "Not supported: SUM"),
                new Limit(
                        ExactnessCase.of(
                                "upsampling 3D below a dense layer",
                                () -> Nets.of(
                                        InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 2, 2, 2, 3),
                                        new Upsampling3D.Builder(2).build(),
                                        dense(4),
                                        softmax(3)),
                                () -> Batches.classification(
                                        DataType.DOUBLE, 3, data -> n -> data.normal(n, 3, 2, 2, 2))),
                        "Invalid input array: expected shape in format"),
                new Limit(
                        ExactnessCase.of(
                                "SimpleRnn with layer normalization",
                                () -> Nets.of(
                                        InputType.recurrent(3, 5),
                                        new SimpleRnn.Builder()
                                                .nOut(4)
                                                .hasLayerNorm(true)
                                                .build(),
                                        rnnSoftmax(3)),
                                Batches::sequences),
                        "Indices are out of range"));
    }

    private static List<DataSet> images() {
        return Batches.classification(DataType.DOUBLE, 3, data -> n -> data.normal(n, 2, 4, 4));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("limits")
    void nativeTrainingFails(Limit limit) {
        assertThatThrownBy(() -> limit.testCase().natively(LAYERS)).hasMessageContaining(limit.message());
    }
}
