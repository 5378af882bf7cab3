/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.objdetect.Yolo2OutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Cases of output layers other than the usual one. */
final class OutputCases {

    private OutputCases() {}

    static Stream<ExactnessCase> cases() {
        return Stream.of(
                centerLoss("center loss, moving centers", false),
                centerLoss("center loss, centers by gradient", true),
                ExactnessCase.of(
                        "loss layer",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                dense(6),
                                dense(3),
                                new LossLayer.Builder(LossFunction.MCXENT)
                                        .activation(Activation.SOFTMAX)
                                        .build()),
                        Batches::mlp),
                ExactnessCase.of(
                        "loss layer on sequences",
                        () -> Nets.of(
                                InputType.recurrent(3, 5),
                                lstm(3),
                                new RnnLossLayer.Builder(LossFunction.MCXENT)
                                        .activation(Activation.SOFTMAX)
                                        .build()),
                        Batches::sequences),
                ExactnessCase.of(
                        "loss layer on images",
                        () -> Nets.of(
                                InputType.convolutional(4, 4, 2),
                                new ConvolutionLayer.Builder(2, 2).nOut(3).build(),
                                new CnnLossLayer.Builder(LossFunction.XENT)
                                        .activation(Activation.SIGMOID)
                                        .build()),
                        () -> Batches.ragged(
                                (data, n) -> data.normal(n, 2, 4, 4), (data, n) -> data.indices(2, n, 3, 3, 3))),
                ExactnessCase.of(
                        "loss layer on volumes",
                        () -> Nets.of(
                                InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 3, 3, 3, 2),
                                new Convolution3D.Builder(2, 2, 2).nOut(3).build(),
                                new Cnn3DLossLayer.Builder(Convolution3D.DataFormat.NCDHW)
                                        .lossFunction(LossFunction.MSE)
                                        .build()),
                        () -> Batches.ragged(
                                (data, n) -> data.normal(n, 2, 3, 3, 3), (data, n) -> data.normal(n, 3, 2, 2, 2))),
                yolo());
    }

    private static ExactnessCase centerLoss(String name, boolean gradientCheck) {
        return ExactnessCase.of(
                name,
                () -> Nets.of(
                        InputType.feedForward(4),
                        dense(6),
                        new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .alpha(0.3)
                                .lambda(0.2)
                                .gradientCheck(gradientCheck)
                                .build()),
                Batches::mlp);
    }

    /** Two box priors and two classes on a grid of 3x3. */
    private static ExactnessCase yolo() {
        return ExactnessCase.of(
                "YOLO2",
                () -> Nets.of(
                        InputType.convolutional(4, 4, 2),
                        new ConvolutionLayer.Builder(2, 2)
                                .nOut(2 * (5 + 2))
                                .activation(Activation.IDENTITY)
                                .build(),
                        new Yolo2OutputLayer.Builder()
                                .boundingBoxPriors(Nd4j.createFromArray(new double[][] {{1, 1}, {2, 1}}))
                                .build()),
                () -> Batches.ragged((data, n) -> data.normal(n, 2, 4, 4), (data, n) -> data.boxes(n, 2, 3)));
    }
}
