/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Tolerance;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Cross-entropy through each of DL4J's output layers, class indices where the layer takes them: torch's K-dimensional
 * form. Expected is the sum over positions, computed one by one from the network's output, over the examples.
 */
@ExtendWith(DoubleByDefault.class)
final class LayersTest {

    private static final int CLASSES = 3;
    private static final int EXAMPLES = 4;
    private static final int IGNORED = 1;

    private static final LossCrossEntropy LOSS = new LossCrossEntropy().withWeight(0.5, 2, 1.25);

    /**
     * An output layer on logits.
     *
     * @param positions the dimensions after the classes
     */
    record LayerCase(String name, InputType input, List<Layer> layers, List<Long> positions) {

        MultiLayerNetwork network() {
            return Nets.init(Nets.of(input, layers.toArray(Layer[]::new)));
        }

        long[] shape(long channels) {
            long[] shape = new long[positions.size() + 2];
            shape[0] = EXAMPLES;
            shape[1] = channels;
            for (int i = 0; i < positions.size(); i++) {
                shape[i + 2] = positions.get(i);
            }
            return shape;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<LayerCase> takingIndices() {
        InputType image = InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 2, 3, 2, 2);
        return Stream.of(
                new LayerCase(
                        "OutputLayer",
                        InputType.feedForward(5),
                        List.of(new OutputLayer.Builder(LOSS)
                                .nOut(CLASSES)
                                .activation(Activation.IDENTITY)
                                .build()),
                        List.of()),
                new LayerCase(
                        "LossLayer",
                        InputType.feedForward(5),
                        List.of(
                                Nets.dense(CLASSES),
                                new LossLayer.Builder(LOSS)
                                        .activation(Activation.IDENTITY)
                                        .build()),
                        List.of()),
                new LayerCase(
                        "RnnOutputLayer",
                        InputType.recurrent(5, 6),
                        List.of(
                                Nets.lstm(4),
                                new RnnOutputLayer.Builder(LOSS)
                                        .nOut(CLASSES)
                                        .activation(Activation.IDENTITY)
                                        .build()),
                        List.of(6L)),
                new LayerCase(
                        "RnnLossLayer",
                        InputType.recurrent(5, 6),
                        List.of(
                                Nets.lstm(CLASSES),
                                new RnnLossLayer.Builder(LOSS)
                                        .activation(Activation.IDENTITY)
                                        .build()),
                        List.of(6L)),
                new LayerCase(
                        "Cnn3DLossLayer",
                        image,
                        List.of(
                                new Convolution3D.Builder(1, 1, 1).nOut(CLASSES).build(),
                                new Cnn3DLossLayer.Builder(Convolution3D.DataFormat.NCDHW)
                                        .lossFunction(LOSS)
                                        .activation(Activation.IDENTITY)
                                        .build()),
                        List.of(2L, 3L, 2L)));
    }

    static Stream<LayerCase> all() {
        return Stream.concat(takingIndices(), Stream.of(images()));
    }

    private static LayerCase images() {
        return new LayerCase(
                "CnnLossLayer",
                InputType.convolutional(3, 2, 2),
                List.of(
                        new ConvolutionLayer.Builder(1, 1).nOut(CLASSES).build(),
                        new CnnLossLayer.Builder(LOSS)
                                .format(CNN2DFormat.NCHW)
                                .activation(Activation.IDENTITY)
                                .build()),
                List.of(3L, 2L));
    }

    @ParameterizedTest
    @MethodSource("takingIndices")
    void classIndices(LayerCase it) {
        INDArray indices = new Data(4, DataType.DOUBLE).indices(CLASSES, it.shape(1));
        indices.putScalar(0, LossCrossEntropy.IGNORE_INDEX);
        verify(it, indices, indices, null);
    }

    @ParameterizedTest
    @MethodSource("all")
    void oneHotLabels(LayerCase it) {
        INDArray indices = new Data(4, DataType.DOUBLE).indices(CLASSES, it.shape(1));
        verify(it, indices, oneHot(it, indices), null);
    }

    /** What is to be ignored is masked where labels cannot say so. */
    @ParameterizedTest
    @MethodSource("all")
    void maskedPositions(LayerCase it) {
        INDArray indices = new Data(4, DataType.DOUBLE).indices(CLASSES, it.shape(1));
        INDArray mask = indices.neq(IGNORED).castTo(DataType.DOUBLE);
        INDArray ignoring = indices.dup();
        for (long i = 0; i < mask.length(); i++) {
            if (mask.getDouble(i) == 0) {
                ignoring.putScalar(i, LossCrossEntropy.IGNORE_INDEX);
            }
        }
        boolean isSequence = mask.rank() == 3;
        verify(it, ignoring, oneHot(it, indices), isSequence ? mask.reshape('c', EXAMPLES, mask.size(2)) : mask);
    }

    /** This is DL4J's rule, and the reason for one-hot labels there. */
    @Test
    void classIndicesOfImagesAreRefusedByDl4j() {
        LayerCase it = images();
        INDArray indices = new Data(4, DataType.DOUBLE).indices(CLASSES, it.shape(1));
        MultiLayerNetwork network = it.network();
        assertThatThrownBy(() -> network.fit(new DataSet(features(it), indices)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Input and label arrays do not have same shape");
    }

    private static INDArray oneHot(LayerCase it, INDArray indices) {
        INDArray labels = Nd4j.zeros(it.shape(CLASSES));
        long positions = indices.length() / EXAMPLES;
        INDArray flat = labels.reshape('c', EXAMPLES, CLASSES, positions);
        for (int i = 0; i < EXAMPLES; i++) {
            for (int p = 0; p < positions; p++) {
                flat.putScalar(new int[] {i, (int) indices.getDouble(i * positions + p), p}, 1);
            }
        }
        return labels;
    }

    private static INDArray features(LayerCase it) {
        long[] shape = it.input().getShape(true);
        shape[0] = EXAMPLES;
        return new Data(3, DataType.DOUBLE).normal(shape);
    }

    private static void verify(LayerCase it, INDArray indices, INDArray labels, @Nullable INDArray mask) {
        MultiLayerNetwork network = it.network();
        DataSet batch = new DataSet(features(it), labels, null, mask);
        INDArray logits = network.output(batch.getFeatures(), false);
        assertThat(logits.shape()).isEqualTo(it.shape(CLASSES));
        long positions = indices.length() / EXAMPLES;
        INDArray flat = logits.dup('c').reshape('c', EXAMPLES, CLASSES, positions);
        // Cnn3DLossLayer cannot score single examples: DL4J reshapes the scores as if each had a value for each class.
        INDArray scores = it.name().equals("Cnn3DLossLayer") ? null : network.scoreExamples(batch, false);
        double sum = 0;
        for (int i = 0; i < EXAMPLES; i++) {
            double score = 0;
            for (int p = 0; p < positions; p++) {
                score += crossEntropy(flat, i, p, (int) indices.getDouble(i * positions + p));
            }
            if (scores != null) {
                Tolerance.assertClose("score of " + i, scores.getDouble(i), score, 1e-12);
            }
            sum += score;
        }
        Tolerance.assertClose("score", network.score(batch), sum / EXAMPLES, 1e-12);
        assertGradientIsDerivative(network, batch);
    }

    /** The definition, for one position. */
    private static double crossEntropy(INDArray logits, int example, int position, int label) {
        if (label == LossCrossEntropy.IGNORE_INDEX) {
            return 0;
        }
        double sum = 0;
        for (int c = 0; c < CLASSES; c++) {
            sum += Math.exp(logits.getDouble(example, c, position));
        }
        return LOSS.weight().get(label) * (Math.log(sum) - logits.getDouble(example, label, position));
    }

    /** Central differences; their error is below 1e-9 here. */
    static void assertGradientIsDerivative(MultiLayerNetwork network, DataSet batch) {
        network.setInput(batch.getFeatures());
        network.setLabels(batch.getLabels());
        network.setLayerMaskArrays(null, batch.getLabelsMaskArray());
        network.computeGradientAndScore();
        INDArray gradient = network.getFlattenedGradients().dup().reshape(network.numParams());
        INDArray parameters = network.params();
        double h = 1e-5;
        for (long i = 0; i < gradient.length(); i += 3) {
            double before = parameters.getDouble(i);
            parameters.putScalar(i, before + h);
            double more = network.score(batch, true);
            parameters.putScalar(i, before - h);
            double less = network.score(batch, true);
            parameters.putScalar(i, before);
            assertThat(gradient.getDouble(i) / batch.numExamples())
                    .as("gradient %s", i)
                    .isCloseTo((more - less) / (2 * h), within(1e-8));
        }
    }
}
