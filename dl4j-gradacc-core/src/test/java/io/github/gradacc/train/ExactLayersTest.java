/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.softmax;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;

/** Accumulation equals native training on the big batch, whatever layers the network has. */
class ExactLayersTest {

    static Stream<ExactnessCase> layers() {
        return Stream.of(
                ExactnessCase.of("dense", Nets::mlp, Batches::mlp),
                ExactnessCase.of(
                        "convolution 2D and pooling",
                        () -> Nets.of(
                                InputType.convolutional(6, 6, 2),
                                new ConvolutionLayer.Builder(3, 3).nOut(3).build(),
                                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                                        .kernelSize(2, 2)
                                        .stride(2, 2)
                                        .build(),
                                dense(5),
                                softmax(3)),
                        () -> Batches.classification(DataType.DOUBLE, 3, data -> n -> data.normal(n, 2, 6, 6))));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void equalsNativeTraining(ExactnessCase row) {
        row.verify();
    }
}
