/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.softmax;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.AutoEncoder;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.misc.RepeatVector;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Sgd;

/** Cases of layers on examples of rank 2, each between dense layers. */
final class FeedForwardCases {

    private FeedForwardCases() {}

    static Stream<ExactnessCase> cases() {
        return Stream.of(
                layer("dense", () -> dense(5)),
                layer(
                        "dense without bias",
                        () -> new DenseLayer.Builder().nOut(5).hasBias(false).build()),
                layer(
                        "dense with layer normalization",
                        () -> new DenseLayer.Builder()
                                .nOut(5)
                                .hasLayerNorm(true)
                                .build()),
                layer(
                        "activation",
                        () -> new ActivationLayer.Builder()
                                .activation(Activation.ELU)
                                .build()),
                layer("PReLU", () -> new PReLULayer.Builder().inputShape(6).build()),
                layer(
                        "element-wise multiplication",
                        () -> new ElementWiseMultiplicationLayer.Builder()
                                .nIn(6)
                                .nOut(6)
                                .build()),
                layer(
                        "autoencoder",
                        () -> new AutoEncoder.Builder(0).nIn(6).nOut(5).build()),
                layer(
                        "variational autoencoder",
                        () -> new VariationalAutoencoder.Builder()
                                .nOut(3)
                                .encoderLayerSizes(5, 4)
                                .decoderLayerSizes(5)
                                .build()),
                embedding(),
                ExactnessCase.of(
                        "repeat vector",
                        () -> Nets.of(
                                InputType.feedForward(4),
                                dense(6),
                                new RepeatVector.Builder<>(3).build(),
                                new GlobalPoolingLayer(),
                                softmax(3)),
                        Batches::mlp),
                net("frozen below", new FrozenLayer(dense(6)), dense(5), softmax(3)),
                net("frozen between", dense(6), new FrozenLayer(dense(5)), dense(4), softmax(3)),
                penalizedBelowFrozen(),
                net("frozen below, backpropagating", new FrozenLayerWithBackprop(dense(6)), dense(5), softmax(3)),
                net("frozen between, backpropagating", dense(6), new FrozenLayerWithBackprop(dense(5)), softmax(3)));
    }

    /**
     * The backward pass ends at the frozen layer, but the updater goes on: below it, native training adds the penalty
     * to what the updater left in the gradient array one step before.
     */
    private static ExactnessCase penalizedBelowFrozen() {
        return ExactnessCase.of(
                "frozen between, with a penalty below",
                () -> Nets.of(
                        Nets.settings().updater(new Sgd(0.3)).l2(0.2),
                        InputType.feedForward(4),
                        dense(6),
                        new FrozenLayer(dense(5)),
                        dense(4),
                        softmax(3)),
                Batches::mlp);
    }

    private static ExactnessCase layer(String name, Supplier<Layer> layer) {
        return ExactnessCase.of(
                name, () -> Nets.of(InputType.feedForward(4), dense(6), layer.get(), softmax(3)), Batches::mlp);
    }

    private static ExactnessCase net(String name, Layer... layers) {
        return ExactnessCase.of(name, () -> Nets.of(InputType.feedForward(4), layers), Batches::mlp);
    }

    private static ExactnessCase embedding() {
        return ExactnessCase.of(
                "embedding",
                () -> Nets.of(
                        InputType.feedForward(7),
                        new EmbeddingLayer.Builder()
                                .nIn(7)
                                .nOut(5)
                                .hasBias(true)
                                .build(),
                        softmax(3)),
                () -> Batches.classification(DataType.DOUBLE, 3, data -> n -> data.indices(7, n, 1)));
    }
}
