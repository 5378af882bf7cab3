/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import static io.github.gradacc.random.Hidden.Stage.IMAGE;
import static io.github.gradacc.random.Hidden.Stage.ROW;
import static io.github.gradacc.random.Hidden.Stage.SEQUENCE;

import java.util.function.IntFunction;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.nd4j.linalg.activations.Activation;

/** A hidden layer, what it reads and what it writes. */
@SuppressWarnings("ImmutableEnumChecker") // functions without a state
enum Hidden {
    DENSE(ROW, ROW, units -> new DenseLayer.Builder().nOut(units).build()),
    DENSE_RELU(
            ROW,
            ROW,
            units -> new DenseLayer.Builder()
                    .nOut(units)
                    .activation(Activation.RELU)
                    .build()),
    DENSE_NORMED(
            ROW,
            ROW,
            units -> new DenseLayer.Builder()
                    .nOut(units)
                    .hasLayerNorm(true)
                    .hasBias(false)
                    .build()),
    DENSE_ELU(
            ROW,
            ROW,
            units -> new DenseLayer.Builder()
                    .nOut(units)
                    .activation(Activation.ELU)
                    .build()),
    ACTIVATION(ROW, ROW, units -> new ActivationLayer(Activation.SOFTSIGN)),
    DROPOUT(ROW, ROW, units -> new DropoutLayer(0.7)),
    BATCH_NORM(ROW, ROW, units -> new BatchNormalization.Builder().build()),
    BATCH_NORM_IMAGE(
            IMAGE,
            IMAGE,
            units -> new BatchNormalization.Builder().useLogStd(false).build()),
    CONVOLUTION(
            IMAGE,
            IMAGE,
            units -> new ConvolutionLayer.Builder(3, 3)
                    .nOut(units)
                    .convolutionMode(ConvolutionMode.Same)
                    .build()),
    CONVOLUTION_STRIDED(
            IMAGE,
            IMAGE,
            units -> new ConvolutionLayer.Builder(2, 2)
                    .stride(2, 2)
                    .nOut(units)
                    .convolutionMode(ConvolutionMode.Same)
                    .activation(Activation.LEAKYRELU)
                    .build()),
    SEPARABLE(
            IMAGE,
            IMAGE,
            units -> new SeparableConvolution2D.Builder(2, 2)
                    .nOut(units)
                    .convolutionMode(ConvolutionMode.Same)
                    .build()),
    DEPTHWISE(
            IMAGE,
            IMAGE,
            units -> new DepthwiseConvolution2D.Builder(2, 2)
                    .depthMultiplier(2)
                    .convolutionMode(ConvolutionMode.Same)
                    .build()),
    POOL_MAX(
            IMAGE,
            IMAGE,
            units -> new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX, new int[] {2, 2}, new int[] {2, 2})
                    .convolutionMode(ConvolutionMode.Same)
                    .build()),
    POOL_AVERAGE(
            IMAGE,
            IMAGE,
            units -> new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.AVG, new int[] {2, 2}, new int[] {1, 1})
                    .convolutionMode(ConvolutionMode.Same)
                    .build()),
    RESPONSE_NORM(IMAGE, IMAGE, units -> new LocalResponseNormalization.Builder().build()),
    PADDING(IMAGE, IMAGE, units -> new ZeroPaddingLayer.Builder(1, 0).build()),
    UPSAMPLING(IMAGE, IMAGE, units -> new Upsampling2D.Builder(2).build()),
    FLATTEN(IMAGE, ROW, units -> new DenseLayer.Builder().nOut(units).build()),
    IMAGE_AVERAGE(IMAGE, ROW, units -> new GlobalPoolingLayer(PoolingType.AVG)),
    IMAGE_MAX(IMAGE, ROW, units -> new GlobalPoolingLayer(PoolingType.MAX)),
    RNN_LSTM(SEQUENCE, SEQUENCE, Hidden::lstm),
    RNN_SIMPLE(SEQUENCE, SEQUENCE, units -> new SimpleRnn.Builder().nOut(units).build()),
    BOTH_DIRECTIONS(SEQUENCE, SEQUENCE, units -> new Bidirectional(Bidirectional.Mode.ADD, lstm(units))),
    ATTENTION(
            SEQUENCE,
            SEQUENCE,
            units -> new SelfAttentionLayer.Builder()
                    .nOut(units)
                    .nHeads(2)
                    .headSize(2)
                    .projectInput(true)
                    .build()),
    DENSE_PER_STEP(
            SEQUENCE, SEQUENCE, units -> new DenseLayer.Builder().nOut(units).build()),
    LAST_STEP(SEQUENCE, ROW, units -> new LastTimeStep(lstm(units))),
    SEQUENCE_AVERAGE(SEQUENCE, ROW, units -> new GlobalPoolingLayer(PoolingType.AVG)),
    SEQUENCE_MAX(SEQUENCE, ROW, units -> new GlobalPoolingLayer(PoolingType.MAX)),
    SEQUENCE_NORM(
            SEQUENCE,
            ROW,
            units -> new GlobalPoolingLayer.Builder(PoolingType.PNORM).pnorm(2).build()),
    EMBEDDING(
            Stage.WORD,
            ROW,
            units -> new EmbeddingLayer.Builder()
                    .nIn(Source.VOCABULARY)
                    .nOut(units)
                    .hasBias(true)
                    .build()),
    EMBEDDINGS(
            Stage.WORDS,
            SEQUENCE,
            units -> new EmbeddingSequenceLayer.Builder()
                    .nIn(Source.VOCABULARY)
                    .nOut(units)
                    .build());

    /** The kind of an activation between layers. */
    enum Stage {
        ROW,
        IMAGE,
        SEQUENCE,
        WORD,
        WORDS;

        static Stage of(Source source) {
            return valueOf(source.name());
        }
    }

    private final Stage from;
    private final Stage to;
    private final IntFunction<Layer> layer;

    Hidden(Stage from, Stage to, IntFunction<Layer> layer) {
        this.from = from;
        this.to = to;
        this.layer = layer;
    }

    private static LSTM lstm(int units) {
        return new LSTM.Builder().nOut(units).build();
    }

    Stage from() {
        return from;
    }

    Stage to() {
        return to;
    }

    /** A new configuration of the layer. */
    Layer configuration(int units) {
        return layer.apply(units);
    }

    /** Normalizes with the statistics of its micro-batch: only its own running statistics equal the big batch's. */
    boolean normalizesBatch() {
        return this == BATCH_NORM || this == BATCH_NORM_IMAGE;
    }

    /** Reads time from both ends, or everywhere: not to be cut in time, and DL4J lets it read padding. */
    boolean readsAllOfTime() {
        return this == BOTH_DIRECTIONS || this == ATTENTION;
    }

    /** Pools over all of an image or a sequence. In DL4J only a layer with weights can read what it writes. */
    boolean poolsAll() {
        return to == ROW && name().matches("(IMAGE|SEQUENCE)_.*");
    }

    boolean isRecurrent() {
        return this == RNN_LSTM || this == RNN_SIMPLE;
    }
}
