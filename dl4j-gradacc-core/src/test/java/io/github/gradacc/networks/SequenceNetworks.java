/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.networks;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.settings;
import static io.github.gradacc.testing.Nets.softmax;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToRnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToCnnPreProcessor;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Networks of sequences: recurrent ones, convolutions in time, attention. */
final class SequenceNetworks {

    private static final int STEPS = 8;

    private SequenceNetworks() {}

    static Stream<ExactnessCase> cases() {
        return Stream.of(signals(), characters(), sentiment(), words(), anomalies(), convolutionsInTime(), attention());
    }

    /** A graph in truncated BPTT leaves out the preprocessors of recurrent layers, and fails. */
    static Stream<ExactnessCase> notAsGraphs() {
        return Stream.of(frames());
    }

    /** One class for a sequence of its own length. */
    private static ExactnessCase signals() {
        return Networks.layers(
                "signals: a class for each sequence, masks, clipped gradients",
                () -> Nets.of(
                        settings()
                                .gradientNormalization(GradientNormalization.ClipElementWiseAbsoluteValue)
                                .gradientNormalizationThreshold(0.05),
                        InputType.recurrent(2, STEPS),
                        lstm(6),
                        new LastTimeStep(lstm(5)),
                        softmax(4)),
                (data, n) -> new DataSet(data.normal(n, 2, STEPS), data.oneHot(n, 4), data.mask(n, STEPS), null));
    }

    /** The next character at each step, in segments of three: the last has two. */
    private static ExactnessCase characters() {
        return Networks.layers(
                "characters: two LSTM layers, truncated BPTT",
                () -> {
                    MultiLayerConfiguration configuration = Nets.of(
                            settings().weightInit(WeightInit.XAVIER).l2(1e-4).updater(new RmsProp(0.01)),
                            InputType.recurrent(5, STEPS),
                            lstm(6),
                            lstm(6),
                            rnnSoftmax(5));
                    configuration.setBackpropType(BackpropType.TruncatedBPTT);
                    configuration.setTbpttFwdLength(3);
                    configuration.setTbpttBackLength(3);
                    return configuration;
                },
                (data, n) -> data.oneHotSequences(n, 5, STEPS),
                (data, n) -> data.oneHotSequences(n, 5, STEPS));
    }

    /** Reads a text from both ends, and takes the mean over its length. */
    private static ExactnessCase sentiment() {
        return Networks.layers(
                "sentiment: both directions twice, mean over masked steps",
                () -> Nets.of(
                        settings().l2(1e-4),
                        InputType.recurrent(4, STEPS),
                        new Bidirectional(Bidirectional.Mode.CONCAT, lstm(4)),
                        new Bidirectional(Bidirectional.Mode.ADD, lstm(5)),
                        new GlobalPoolingLayer(PoolingType.AVG),
                        softmax(2)),
                (data, n) -> new DataSet(data.normal(n, 4, STEPS), data.oneHot(n, 2), data.mask(n, STEPS), null));
    }

    /** Words by number, a tag for each. */
    private static ExactnessCase words() {
        return Networks.layers(
                "words: embedding, LSTM, a tag at each step, masks",
                () -> Nets.of(
                        settings(),
                        InputType.recurrent(20, STEPS),
                        new EmbeddingSequenceLayer.Builder()
                                .nIn(20)
                                .nOut(6)
                                .inputLength(STEPS)
                                .build(),
                        lstm(5),
                        rnnSoftmax(4)),
                (data, n) -> {
                    INDArray mask = data.mask(n, STEPS);
                    return new DataSet(
                            data.indices(20, n, 1, STEPS), data.oneHotSequences(n, 4, STEPS), mask, mask.dup());
                });
    }

    /** Narrow in the middle; what it cannot show again is an anomaly. */
    private static ExactnessCase anomalies() {
        return Networks.layers(
                "anomalies: recurrent autoencoder",
                () -> Nets.of(
                        settings()
                                .l2(5e-4)
                                .updater(RmsProp.builder()
                                        .learningRate(0.05)
                                        .rmsDecay(0.002)
                                        .build()),
                        InputType.recurrent(3, STEPS),
                        lstm(6),
                        lstm(2),
                        lstm(6),
                        new RnnOutputLayer.Builder(LossFunction.MSE)
                                .nOut(3)
                                .activation(Activation.IDENTITY)
                                .build()),
                (data, n) -> data.normal(n, 3, STEPS),
                (data, n) -> data.normal(n, 3, STEPS));
    }

    private static ExactnessCase convolutionsInTime() {
        return Networks.layers(
                "convolutions in time, their maximum",
                () -> Nets.of(
                        settings().activation(Activation.RELU).weightInit(WeightInit.RELU),
                        InputType.recurrent(2, 16),
                        new Convolution1DLayer.Builder(3).nOut(6).build(),
                        new Subsampling1DLayer.Builder(PoolingType.MAX, 2).build(),
                        new Convolution1DLayer.Builder(3).nOut(5).build(),
                        new GlobalPoolingLayer(PoolingType.MAX),
                        dense(6),
                        softmax(4)),
                (data, n) -> data.normal(n, 2, 16),
                (data, n) -> data.oneHot(n, 4));
    }

    /** A class for each frame of a film: images inside, sequences outside, in segments of three frames. */
    private static ExactnessCase frames() {
        return Networks.layers(
                "frames: convolution, dense, LSTM, truncated BPTT",
                () -> settings()
                        .l2(1e-3)
                        .updater(new AdaGrad(0.04))
                        .list()
                        .layer(new ConvolutionLayer.Builder(3, 3)
                                .nIn(2)
                                .nOut(4)
                                .activation(Activation.RELU)
                                .build())
                        .layer(new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                                .kernelSize(2, 2)
                                .stride(2, 2)
                                .build())
                        .layer(new DenseLayer.Builder()
                                .nIn(16)
                                .nOut(6)
                                .updater(new AdaGrad(0.01))
                                .build())
                        .layer(new LSTM.Builder().nIn(6).nOut(5).build())
                        .layer(new RnnOutputLayer.Builder(LossFunction.MCXENT)
                                .nIn(5)
                                .nOut(4)
                                .activation(Activation.SOFTMAX)
                                .build())
                        .inputPreProcessor(0, new RnnToCnnPreProcessor(6, 6, 2))
                        .inputPreProcessor(2, new CnnToFeedForwardPreProcessor(2, 2, 4))
                        .inputPreProcessor(3, new FeedForwardToRnnPreProcessor())
                        .setInputType(InputType.recurrent(72, STEPS))
                        .backpropType(BackpropType.TruncatedBPTT)
                        .tBPTTForwardLength(3)
                        .tBPTTBackwardLength(3)
                        .build(),
                (data, n) -> data.normal(n, 72, STEPS),
                (data, n) -> data.oneHotSequences(n, 4, STEPS));
    }

    private static ExactnessCase attention() {
        return Networks.layers(
                "attention: two heads between two LSTM layers",
                () -> Nets.of(
                        settings(),
                        InputType.recurrent(3, STEPS),
                        lstm(6),
                        new SelfAttentionLayer.Builder()
                                .nOut(6)
                                .nHeads(2)
                                .projectInput(true)
                                .build(),
                        new LastTimeStep(lstm(5)),
                        dense(5),
                        softmax(3)),
                SequenceNetworks::labeled);
    }

    private static DataSet labeled(Data data, int n) {
        return new DataSet(data.normal(n, 3, STEPS), data.oneHot(n, 3));
    }
}
