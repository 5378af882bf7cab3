/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Nets;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CapsuleLayer;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LearnedSelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.LocallyConnected1D;
import org.deeplearning4j.nn.conf.layers.LocallyConnected2D;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.PrimaryCapsules;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.misc.ElementWiseMultiplicationLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.recurrent.TimeDistributed;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;

/** Each row of the table, one by one and through wrappers. */
@SuppressWarnings("deprecation") // By DL4J: the Graves layers.
final class LayerTableTest {

    private static final List<String> KEYS =
            List.of("W", "RW", "RWF", "RWB", "Wq", "Wk", "Wv", "Wo", "Q", "weight", "w", "v", "pW", "b");

    private static Layer dense() {
        return new DenseLayer.Builder().nOut(3).build();
    }

    private static LSTM lstm() {
        return new LSTM.Builder().nOut(3).build();
    }

    private static GravesLSTM graves() {
        return new GravesLSTM.Builder().nOut(3).build();
    }

    private static CenterLossOutputLayer centers(boolean gradientCheck) {
        return new CenterLossOutputLayer.Builder()
                .nOut(3)
                .gradientCheck(gradientCheck)
                .build();
    }

    static Stream<Arguments> accumulations() {
        return Stream.of(
                Arguments.of(dense(), Accumulation.SUM),
                Arguments.of(lstm(), Accumulation.SUM),
                Arguments.of(new DropoutLayer(0.5), Accumulation.SUM),
                Arguments.of(new BatchNormalization(), Accumulation.MOVING_STATISTICS),
                Arguments.of(new FrozenLayer(new BatchNormalization()), Accumulation.MOVING_STATISTICS),
                Arguments.of(new FrozenLayerWithBackprop(new BatchNormalization()), Accumulation.MOVING_STATISTICS),
                Arguments.of(centers(false), Accumulation.CLASS_CENTERS),
                // A true gradient of the centers.
                Arguments.of(centers(true), Accumulation.SUM),
                Arguments.of(new FrozenLayerWithBackprop(centers(false)), Accumulation.CLASS_CENTERS),
                Arguments.of(Nets.softmax(3), Accumulation.SUM));
    }

    @ParameterizedTest
    @MethodSource("accumulations")
    void howGradientsAddUp(Layer layer, Accumulation expected) {
        assertThat(LayerTable.of(layer).accumulation()).isEqualTo(expected);
    }

    static Stream<Layer> layersThatScoreAWholeBatch() {
        LossFMeasure fMeasure = new LossFMeasure();
        return Stream.of(
                new OCNNOutputLayer.Builder().build(),
                new OutputLayer.Builder(fMeasure).nOut(1).build(),
                new RnnOutputLayer.Builder(fMeasure).nOut(1).build(),
                new CenterLossOutputLayer.Builder(fMeasure).nOut(1).build(),
                new LossLayer.Builder(fMeasure).build(),
                new RnnLossLayer.Builder(fMeasure).build(),
                new CnnLossLayer.Builder(fMeasure).build(),
                new FrozenLayerWithBackprop(new OutputLayer.Builder(fMeasure).build()));
    }

    @ParameterizedTest
    @MethodSource("layersThatScoreAWholeBatch")
    void lossesThatAreNoSums(Layer layer) {
        assertThat(LayerTable.of(layer).hasWholeBatchLoss()).isTrue();
        assertThat(LayerTable.of(Nets.softmax(3)).hasWholeBatchLoss()).isFalse();
    }

    /** Whatever the loss is, the centers are updates and must not be summed. */
    @Test
    void centersAreUpdatesUnderAnyLoss() {
        Layer layer =
                new CenterLossOutputLayer.Builder(new LossFMeasure()).nOut(1).build();
        assertThat(LayerTable.of(layer).accumulation()).isEqualTo(Accumulation.CLASS_CENTERS);
    }

    static Stream<Arguments> scales() {
        return Stream.of(
                Arguments.of(dense(), OutputScale.LINEAR),
                Arguments.of(new ConvolutionLayer.Builder(3, 3).build(), OutputScale.LINEAR),
                Arguments.of(new SeparableConvolution2D.Builder(3, 3).build(), OutputScale.LINEAR),
                Arguments.of(Nets.softmax(3), OutputScale.LINEAR),
                Arguments.of(new EmbeddingLayer.Builder().build(), OutputScale.LINEAR),
                Arguments.of(new TimeDistributed(dense()), OutputScale.LINEAR),
                Arguments.of(new DenseLayer.Builder().hasLayerNorm(true).build(), OutputScale.NORMALIZED),
                Arguments.of(lstm(), OutputScale.RECURRENT),
                Arguments.of(new SimpleRnn.Builder().build(), OutputScale.RECURRENT),
                Arguments.of(graves(), OutputScale.RECURRENT),
                Arguments.of(new GravesBidirectionalLSTM.Builder().build(), OutputScale.RECURRENT),
                Arguments.of(new Bidirectional(lstm()), OutputScale.RECURRENT),
                Arguments.of(new LastTimeStep(new Bidirectional(lstm())), OutputScale.RECURRENT),
                Arguments.of(new SelfAttentionLayer.Builder().nHeads(1).build(), OutputScale.ATTENTION),
                Arguments.of(
                        new LearnedSelfAttentionLayer.Builder()
                                .nHeads(1)
                                .nQueries(2)
                                .build(),
                        OutputScale.ATTENTION),
                Arguments.of(
                        new RecurrentAttentionLayer.Builder().nOut(4).nHeads(1).build(), OutputScale.ATTENTION),
                Arguments.of(new VariationalAutoencoder.Builder().build(), OutputScale.NONLINEAR),
                Arguments.of(new OCNNOutputLayer.Builder().build(), OutputScale.NONLINEAR),
                Arguments.of(new CapsuleLayer.Builder(2, 3, 1).build(), OutputScale.NONLINEAR),
                Arguments.of(new LocallyConnected1D.Builder().kernelSize(2).build(), OutputScale.HIDDEN_ACTIVATION),
                Arguments.of(new LocallyConnected2D.Builder().kernelSize(2, 2).build(), OutputScale.HIDDEN_ACTIVATION),
                Arguments.of(new PrimaryCapsules.Builder(4, 2).build(), OutputScale.HIDDEN_ACTIVATION),
                Arguments.of(new ActivationLayer(Activation.RELU), OutputScale.UNKNOWN));
    }

    @ParameterizedTest
    @MethodSource("scales")
    void howOutputsFollowTheScaleOfWeights(Layer layer, OutputScale expected) {
        assertThat(LayerTable.of(layer).outputScale()).isEqualTo(expected);
    }

    static Stream<Arguments> layouts() {
        return Stream.of(
                Arguments.of(dense(), List.of()),
                Arguments.of(lstm(), List.of()),
                Arguments.of(new ConvolutionLayer.Builder(3, 3).build(), List.of()),
                Arguments.of(new Deconvolution2D.Builder(3, 3).build(), List.of()),
                Arguments.of(new Deconvolution3D.Builder().build(), List.of("W")),
                Arguments.of(new DepthwiseConvolution2D.Builder(3, 3).build(), List.of("W")),
                Arguments.of(new SeparableConvolution2D.Builder(3, 3).build(), List.of("W")),
                Arguments.of(new EmbeddingLayer.Builder().build(), List.of("W")),
                Arguments.of(new EmbeddingSequenceLayer.Builder().build(), List.of("W")),
                Arguments.of(new LocallyConnected1D.Builder().kernelSize(2).build(), List.of("W")),
                Arguments.of(new LocallyConnected2D.Builder().kernelSize(2, 2).build(), List.of("W")),
                Arguments.of(new PrimaryCapsules.Builder(4, 2).build(), List.of("weight")),
                Arguments.of(new CapsuleLayer.Builder(2, 3, 1).build(), List.of("weight")),
                Arguments.of(new OCNNOutputLayer.Builder().build(), List.of("w")),
                Arguments.of(graves(), List.of("RW")),
                Arguments.of(new LastTimeStep(graves()), List.of("RW")),
                Arguments.of(new Bidirectional(graves()), List.of("RW")),
                Arguments.of(new GravesBidirectionalLSTM.Builder().build(), List.of("RWF", "RWB")),
                Arguments.of(new SelfAttentionLayer.Builder().nHeads(1).build(), List.of("Wq", "Wk", "Wv", "Q")),
                Arguments.of(
                        new LearnedSelfAttentionLayer.Builder()
                                .nHeads(1)
                                .nQueries(2)
                                .build(),
                        List.of("Wq", "Wk", "Wv", "Q")),
                Arguments.of(
                        new RecurrentAttentionLayer.Builder().nOut(4).nHeads(1).build(),
                        List.of("Wq", "Wk", "Wv", "Q")));
    }

    /** Where values go is shown by the tests of {@code Layout} and of {@code NetworkInitializer}. */
    @ParameterizedTest
    @MethodSource("layouts")
    void whichWeightsAreNotOfStandardLayout(Layer layer, List<String> expected) {
        LayerFacts facts = LayerTable.of(layer);
        assertThat(KEYS.stream().filter(key -> facts.reorder(key).isPresent()))
                .containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void whichWeightsAreScales() {
        assertThat(LayerTable.of(dense()).isScale("g")).isTrue();
        assertThat(LayerTable.of(dense()).isScale("W")).isFalse();
        assertThat(LayerTable.of(new SimpleRnn.Builder().build()).isScale("g")).isTrue();
        assertThat(LayerTable.of(new PReLULayer.Builder().build()).isScale("W")).isTrue();
        assertThat(LayerTable.of(new ElementWiseMultiplicationLayer.Builder().build())
                        .isScale("W"))
                .isTrue();
        assertThat(LayerTable.of(new OCNNOutputLayer.Builder().build()).isScale("r"))
                .isTrue();
        assertThat(LayerTable.of(new OCNNOutputLayer.Builder().build()).isScale("w"))
                .isFalse();
    }

    @Test
    void whichLayersHaveGates() {
        assertThat(Stream.of(
                        lstm(),
                        graves(),
                        new GravesBidirectionalLSTM.Builder().build(),
                        new Bidirectional(lstm()),
                        new MaskZeroLayer(lstm(), 0),
                        new LastTimeStep(new Bidirectional(graves()))))
                .allMatch(layer -> LayerTable.of(layer).isGated());
        assertThat(Stream.of(
                        dense(), new SimpleRnn.Builder().build(), new Bidirectional(new SimpleRnn.Builder().build())))
                .noneMatch(layer -> LayerTable.of(layer).isGated());
    }

    @Test
    void whichLayersTakeIndices() {
        Layer embedding = new EmbeddingLayer.Builder().build();
        assertThat(Stream.of(
                        embedding,
                        new EmbeddingSequenceLayer.Builder().build(),
                        new FrozenLayer(embedding),
                        new FrozenLayerWithBackprop(embedding)))
                .allMatch(layer -> LayerTable.of(layer).takesIndices());
        assertThat(LayerTable.of(dense()).takesIndices()).isFalse();
    }

    @Test
    void whichLayersReadFromTheEnd() {
        assertThat(Stream.of(
                        new Bidirectional(lstm()),
                        new LastTimeStep(new Bidirectional(lstm())),
                        new GravesBidirectionalLSTM.Builder().build()))
                .allMatch(layer -> LayerTable.of(layer).readsFromEnd());
        assertThat(Stream.of(lstm(), new LastTimeStep(lstm()), dense()))
                .noneMatch(layer -> LayerTable.of(layer).readsFromEnd());
    }

    @Test
    void whereTimeIs() {
        LSTM timeSecond = new LSTM.Builder().dataFormat(RNNFormat.NWC).build();
        assertThat(Stream.of(
                        timeSecond,
                        new Bidirectional(timeSecond),
                        new RnnOutputLayer.Builder().dataFormat(RNNFormat.NWC).build(),
                        new RnnLossLayer.Builder().dataFormat(RNNFormat.NWC).build()))
                .allMatch(layer -> LayerTable.of(layer).isTimeSecond());
        assertThat(Stream.of(lstm(), Nets.rnnSoftmax(2), new RnnLossLayer.Builder().build(), dense()))
                .noneMatch(layer -> LayerTable.of(layer).isTimeSecond());
    }

    @Test
    void lossAndActivationFunctions() {
        LossMSE loss = new LossMSE();
        assertThat(Stream.of(
                        new OutputLayer.Builder(loss).build(),
                        new RnnOutputLayer.Builder(loss).build(),
                        new CenterLossOutputLayer.Builder(loss).build(),
                        new LossLayer.Builder(loss).build(),
                        new RnnLossLayer.Builder(loss).build(),
                        new CnnLossLayer.Builder(loss).build(),
                        new Cnn3DLossLayer.Builder(org.deeplearning4j.nn.conf.layers.Convolution3D.DataFormat.NCDHW)
                                .lossFunction(loss)
                                .build(),
                        new FrozenLayerWithBackprop(new OutputLayer.Builder(loss).build())))
                .allMatch(layer -> LayerTable.of(layer).loss().orElseThrow().equals(loss));
        assertThat(LayerTable.of(dense()).loss()).isEmpty();
        // It has a loss of its own, whatever it is given.
        assertThat(LayerTable.of(new OCNNOutputLayer.Builder().build()).loss()).isEmpty();
        for (Layer layer : List.of(
                new DenseLayer.Builder().activation(Activation.CUBE).build(),
                new LossLayer.Builder(loss).activation(Activation.CUBE).build(),
                new Bidirectional(new LSTM.Builder().activation(Activation.CUBE).build()),
                new ActivationLayer(Activation.CUBE))) {
            assertThat(LayerTable.of(layer).activation()).contains(Activation.CUBE.getActivationFunction());
        }
        assertThat(LayerTable.of(new CapsuleLayer.Builder(2, 3, 1).build()).activation())
                .isEmpty();
    }

    /** A layer of a user's own has the facts of the class that it extends. */
    @Test
    void subclassesInherit() {
        LayerFacts facts = LayerTable.of(new OwnLstm());
        assertThat(facts.isGated()).isTrue();
        assertThat(facts.outputScale()).isEqualTo(OutputScale.RECURRENT);
        assertThat(facts.accumulation()).isEqualTo(Accumulation.SUM);
        assertThat(LayerTable.of(new Bidirectional(new OwnLstm())).isGated()).isTrue();
    }

    private static final class OwnLstm extends LSTM {
        private static final long serialVersionUID = 1L;
    }

    /** Looking up one layer does not change what is known of another. */
    @Test
    void rowsAreNotMixed() {
        LayerTable.of(new CapsuleLayer.Builder(2, 3, 1).build());
        LayerTable.of(new FrozenLayer(new BatchNormalization()));
        LayerFacts facts = LayerTable.of(new FrozenLayer(dense()));
        assertThat(facts.accumulation()).isEqualTo(Accumulation.SUM);
        assertThat(facts.reorder("weight")).isEmpty();
    }

    @Test
    void verticesInSameDiff() {
        LayerFacts facts = LayerTable.of(new AttentionVertex.Builder()
                .nInKeys(3)
                .nInQueries(3)
                .nInValues(3)
                .nOut(4)
                .nHeads(2)
                .projectInput(true)
                .build());
        assertThat(facts.outputScale()).isEqualTo(OutputScale.ATTENTION);
        assertThat(facts.reorder("Wq")).isPresent();
        assertThat(facts.reorder("Wo")).isEmpty();
    }
}
