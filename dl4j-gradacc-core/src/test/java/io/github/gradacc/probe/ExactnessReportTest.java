/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.tuple;

import io.github.gradacc.loss.LossCrossEntropy;
import io.github.gradacc.probe.ExactnessFinding.Cause;
import io.github.gradacc.testing.BrokenGradient;
import io.github.gradacc.testing.Nets;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.dropout.AlphaDropout;
import org.deeplearning4j.nn.conf.dropout.GaussianDropout;
import org.deeplearning4j.nn.conf.dropout.GaussianNoise;
import org.deeplearning4j.nn.conf.dropout.SpatialDropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Cnn3DLossLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffLambdaLayer;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.deeplearning4j.nn.conf.preprocessor.BaseInputPreProcessor;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.BaseActivationFunction;
import org.nd4j.linalg.activations.impl.ActivationRReLU;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossFMeasure;

class ExactnessReportTest {

    private static final InputType FLAT = InputType.feedForward(4);
    private static final InputType SEQUENCE = InputType.recurrent(4, 5);

    static Stream<Arguments> findings() {
        return Stream.of(
                row("BatchNormalization", Cause.BATCH_STATISTICS, FLAT, new BatchNormalization(), softmax(3)),
                row(
                        "LossFMeasure",
                        Cause.BATCH_LOSS,
                        FLAT,
                        new OutputLayer.Builder(new LossFMeasure())
                                .nOut(1)
                                .activation(Activation.SIGMOID)
                                .build()),
                row(
                        "LossFMeasure",
                        Cause.BATCH_LOSS,
                        FLAT,
                        dense(1),
                        new LossLayer.Builder(new LossFMeasure())
                                .activation(Activation.SIGMOID)
                                .build()),
                row(
                        "LossFMeasure",
                        Cause.BATCH_LOSS,
                        SEQUENCE,
                        new LSTM.Builder().nOut(2).build(),
                        new RnnLossLayer.Builder(new LossFMeasure()).build()),
                row(
                        "LossFMeasure",
                        Cause.BATCH_LOSS,
                        InputType.convolutional(3, 3, 2),
                        new CnnLossLayer.Builder(new LossFMeasure()).build()),
                row(
                        "LossFMeasure",
                        Cause.BATCH_LOSS,
                        InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 3, 3, 3, 2),
                        new Cnn3DLossLayer.Builder(Convolution3D.DataFormat.NCDHW)
                                .lossFunction(new LossFMeasure())
                                .build()),
                row(
                        "OCNNOutputLayer",
                        Cause.BATCH_LOSS,
                        FLAT,
                        new OCNNOutputLayer.Builder()
                                .nIn(4)
                                .nu(0.1)
                                .hiddenLayerSize(3)
                                .build()),
                row(
                        "Dropout",
                        Cause.NOISE,
                        FLAT,
                        new DenseLayer.Builder().nOut(3).dropOut(0.5).build(),
                        softmax(3)),
                row("Dropout", Cause.NOISE, FLAT, new DropoutLayer(0.5), softmax(3)),
                row(
                        "AlphaDropout",
                        Cause.NOISE,
                        FLAT,
                        noisy().dropOut(new AlphaDropout(0.5)).build(),
                        softmax(3)),
                row(
                        "GaussianDropout",
                        Cause.NOISE,
                        FLAT,
                        noisy().dropOut(new GaussianDropout(0.5)).build(),
                        softmax(3)),
                row(
                        "GaussianNoise",
                        Cause.NOISE,
                        FLAT,
                        noisy().dropOut(new GaussianNoise(0.5)).build(),
                        softmax(3)),
                row(
                        "SpatialDropout",
                        Cause.NOISE,
                        SEQUENCE,
                        new Bidirectional(new LSTM.Builder()
                                .nOut(3)
                                .dropOut(new SpatialDropout(0.5))
                                .build()),
                        new RnnLossLayer.Builder(LossFunction.MSE).build()),
                row(
                        "DropConnect",
                        Cause.NOISE,
                        FLAT,
                        noisy().weightNoise(new DropConnect(0.5)).build(),
                        softmax(3)),
                row(
                        "ActivationRReLU",
                        Cause.NOISE,
                        FLAT,
                        noisy().activation(Activation.RRELU).build(),
                        softmax(3)),
                row(
                        "Dropout",
                        Cause.NOISE,
                        SEQUENCE,
                        new LastTimeStep(new LSTM.Builder().nOut(3).dropOut(0.5).build()),
                        softmax(3)),
                row(
                        "BrokenGradient",
                        Cause.UNKNOWN_CODE,
                        FLAT,
                        new OutputLayer.Builder(new BrokenGradient()).nOut(2).build()),
                row(
                        "ActivationRReLU",
                        Cause.NOISE,
                        FLAT,
                        dense(3),
                        new ActivationLayer(new ActivationRReLU()),
                        softmax(3)),
                row(
                        "Cubed",
                        Cause.UNKNOWN_CODE,
                        FLAT,
                        noisy().activation(new Cubed()).build(),
                        softmax(3)),
                // For the gradient that it passes on, DL4J runs what this wraps in training mode.
                row(
                        "Dropout",
                        Cause.NOISE,
                        FLAT,
                        dense(3),
                        new FrozenLayerWithBackprop(noisy().dropOut(0.5).build()),
                        softmax(3)),
                row("Doubled", Cause.UNKNOWN_CODE, FLAT, new Doubled(), softmax(3)),
                row(
                        "BatchNormalization",
                        Cause.BATCH_STATISTICS,
                        FLAT,
                        dense(3),
                        new FrozenLayerWithBackprop(new BatchNormalization()),
                        softmax(3)),
                row(
                        "LossFMeasure",
                        Cause.BATCH_LOSS,
                        FLAT,
                        new CenterLossOutputLayer.Builder(new LossFMeasure())
                                .nOut(1)
                                .activation(Activation.SIGMOID)
                                .build()));
    }

    /** A layer of somebody else's. */
    public static final class Doubled extends SameDiffLambdaLayer {
        private static final long serialVersionUID = 1L;

        @Override
        public SDVariable defineLayer(SameDiff graph, SDVariable input) {
            return input.mul(2);
        }

        @Override
        public InputType getOutputType(int layerIndex, InputType inputType) {
            return inputType;
        }
    }

    /** An activation function of somebody else's. */
    public static final class Cubed extends BaseActivationFunction {
        private static final long serialVersionUID = 1L;

        @Override
        public INDArray getActivation(INDArray in, boolean training) {
            return in.muli(in).muli(in);
        }

        @Override
        public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
            return new Pair<>(in.mul(in).muli(3).muli(epsilon), null);
        }
    }

    /** A preprocessor of somebody else's. */
    private static final class Negated extends BaseInputPreProcessor {
        private static final long serialVersionUID = 1L;

        @Override
        public INDArray preProcess(INDArray input, int examples, LayerWorkspaceMgr workspaces) {
            return input.neg();
        }

        @Override
        public INDArray backprop(INDArray output, int examples, LayerWorkspaceMgr workspaces) {
            return output.neg();
        }

        @Override
        public InputType getOutputType(InputType inputType) {
            return inputType;
        }
    }

    @Test
    void namesPreprocessorsOfSomebodyElses() {
        var list = Nets.settings().list();
        list.layer(new DenseLayer.Builder().nIn(4).nOut(3).build());
        list.layer(new OutputLayer.Builder(LossFunction.MSE).nIn(3).nOut(3).build());
        list.inputPreProcessor(1, new Negated());
        MultiLayerNetwork network = Nets.init(list.build());
        for (ExactnessReport report :
                List.of(ExactnessReport.of(network), ExactnessReport.of(network.toComputationGraph()))) {
            assertThat(report.findings())
                    .extracting(ExactnessFinding::layer, ExactnessFinding::subject, ExactnessFinding::cause)
                    .containsExactly(tuple("1", "Negated", Cause.UNKNOWN_CODE));
        }
    }

    /** A preprocessor comes with its layer, frozen or not: it runs in training. */
    @Test
    void findingsAreInTheOrderOfTheLayers() {
        var list = Nets.settings().list();
        list.layer(noisy().nIn(4).dropOut(0.5).build());
        list.layer(new FrozenLayer(noisy().nIn(3).dropOut(0.5).build()));
        list.layer(new OutputLayer.Builder(LossFunction.MSE)
                .name("last")
                .nIn(3)
                .nOut(3)
                .activation(new Cubed())
                .build());
        list.inputPreProcessor(1, new Negated());
        list.inputPreProcessor(2, new Negated());
        MultiLayerNetwork network = Nets.init(list.build());
        assertThat(ExactnessReport.of(network).findings())
                .extracting(ExactnessFinding::layer, ExactnessFinding::subject)
                .containsExactly(
                        tuple("0", "Dropout"), tuple("1", "Negated"), tuple("last", "Negated"), tuple("last", "Cubed"));
    }

    @Test
    void frozenLayersInWrappersRunAsInInferenceToo() {
        ExactnessReport report = ExactnessReport.of(Nets.init(Nets.of(
                SEQUENCE,
                new LastTimeStep(
                        new FrozenLayer(new LSTM.Builder().nOut(3).dropOut(0.5).build())),
                softmax(3))));
        assertThat(report.findings()).isEmpty();
    }

    private static DenseLayer.Builder noisy() {
        return new DenseLayer.Builder().nOut(3);
    }

    private static Arguments row(String subject, Cause cause, InputType input, Layer... layers) {
        return Arguments.of(subject, cause, Nets.init(Nets.of(input, layers)));
    }

    @ParameterizedTest(name = "{1} {0}")
    @MethodSource("findings")
    void namesLayerCauseAndClass(String subject, Cause cause, MultiLayerNetwork network) {
        ExactnessReport report = ExactnessReport.of(network);
        assertThat(report.isExact()).isFalse();
        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.subject()).isEqualTo(subject);
            assertThat(finding.cause()).isEqualTo(cause);
            assertThat(finding.layer()).isNotBlank();
        });
        assertThat(report.toString()).contains("differ", subject, cause.name());
        assertThat(ExactnessReport.of(network.toComputationGraph()).findings())
                .extracting(ExactnessFinding::subject, ExactnessFinding::cause)
                .isEqualTo(report.findings().stream()
                        .map(f -> tuple(f.subject(), f.cause()))
                        .toList());
    }

    @Test
    void isEmptyForWhatIsExact() {
        ExactnessReport report = ExactnessReport.of(Nets.init(Nets.of(
                FLAT,
                dense(3),
                new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build())));
        assertThat(report.findings()).isEmpty();
        assertThat(report.isExact()).isTrue();
        assertThat(report.toString()).contains("equal the big batch");
    }

    @Test
    void lossesOfThisLibraryAreKnown() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                FLAT,
                new OutputLayer.Builder(new LossCrossEntropy())
                        .nOut(3)
                        .activation(Activation.IDENTITY)
                        .build()));
        assertThat(ExactnessReport.of(network).findings()).isEmpty();
    }

    @Test
    void frozenLayersRunAsAtTestTime() {
        ExactnessReport report = ExactnessReport.of(Nets.init(Nets.of(
                FLAT,
                new FrozenLayer(new BatchNormalization()),
                new FrozenLayer(new DenseLayer.Builder().nOut(3).dropOut(0.5).build()),
                softmax(3))));
        assertThat(report.findings()).isEmpty();
    }

    @Test
    void usesTheNameOfALayerThatHasOne() {
        ExactnessReport report = ExactnessReport.of(Nets.init(
                Nets.of(FLAT, new BatchNormalization.Builder().name("norm").build(), softmax(3))));
        assertThat(report.findings()).extracting(ExactnessFinding::layer).containsExactly("norm");
    }

    @Test
    void refusesANetworkThatIsNotInitialized() {
        MultiLayerNetwork network = new MultiLayerNetwork(Nets.mlp());
        assertThatIllegalStateException()
                .isThrownBy(() -> ExactnessReport.of(network))
                .withMessageContaining("init()");
    }
}
