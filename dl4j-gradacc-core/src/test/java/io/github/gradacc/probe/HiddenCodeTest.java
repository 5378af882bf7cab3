/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.github.gradacc.probe.ExactnessFinding.Cause;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Quiet;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.graph.ReshapeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffLambdaVertex;
import org.deeplearning4j.nn.conf.layers.variational.VariationalAutoencoder;
import org.deeplearning4j.nn.conf.preprocessor.BaseInputPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.ComposableInputPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.BaseActivationFunction;
import org.nd4j.linalg.activations.impl.ActivationRReLU;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Code that subtracts the mean of its batch, in every place of a configuration where others may put code: the report
 * names it, and the measurement finds a difference.
 */
@ExtendWith(Quiet.class)
class HiddenCodeTest {

    private static final int EXAMPLES = 6;

    static Stream<Arguments> places() {
        return Stream.of(
                place(
                        "a SameDiff vertex",
                        "PairedVertex",
                        dense -> dense.addVertex("hidden", new PairedVertex(), "dense")
                                .addLayer("out", output(), "hidden")),
                place(
                        "the preprocessor of a layer",
                        "Centered",
                        dense -> dense.addLayer("out", output(), new Centered(), "dense")),
                place(
                        "a composed preprocessor",
                        "Centered",
                        dense -> dense.addLayer(
                                "out", output(), new ComposableInputPreProcessor(new Centered()), "dense")),
                place(
                        "a preprocessor vertex",
                        "Centered",
                        dense -> dense.addVertex("hidden", new PreprocessorVertex(new Centered()), "dense")
                                .addLayer("out", output(), "hidden")),
                place(
                        "a composed preprocessor in a vertex",
                        "Centered",
                        dense -> dense.addVertex(
                                        "hidden",
                                        new PreprocessorVertex(new ComposableInputPreProcessor(new Centered())),
                                        "dense")
                                .addLayer("out", output(), "hidden")),
                place(
                        "the activation of a layer",
                        "CenteredTanh",
                        dense -> dense.addLayer("hidden", new ActivationLayer(new CenteredTanh()), "dense")
                                .addLayer("out", output(), "hidden")),
                place(
                        "the encoder of an autoencoder",
                        "CenteredTanh",
                        dense -> dense.addLayer(
                                        "hidden",
                                        new VariationalAutoencoder.Builder()
                                                .nOut(3)
                                                .encoderLayerSizes(4)
                                                .decoderLayerSizes(4)
                                                .pzxActivationFn(new CenteredTanh())
                                                .build(),
                                        "dense")
                                .addLayer("out", output(), "hidden")));
    }

    private static Arguments place(String name, String subject, UnaryOperator<GraphBuilder> rest) {
        GraphBuilder dense = Nets.settings()
                .graphBuilder()
                .addInputs("input")
                .addLayer("dense", new DenseLayer.Builder().nOut(4).build(), "input")
                .setInputTypes(InputType.feedForward(4));
        return Arguments.of(name, subject, rest.apply(dense).setOutputs("out").build());
    }

    private static Layer output() {
        return new OutputLayer.Builder(LossFunction.MSE).nOut(3).build();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("places")
    void isReportedAndMeasured(String place, String subject, ComputationGraphConfiguration configuration) {
        Data data = new Data(3, DataType.DOUBLE);
        ComputationGraph graph = NetworkClass.GRAPH.init(configuration);
        ExactnessReport report = ExactnessReport.of(graph);
        assertThat(report.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.subject()).isEqualTo(subject);
            assertThat(finding.cause()).isEqualTo(Cause.UNKNOWN_CODE);
        });
        ExactnessMeasurement measured =
                ExactnessReport.measure(graph, new DataSet(data.normal(EXAMPLES, 4), data.normal(EXAMPLES, 3)));
        assertThat(measured.isExact()).isFalse();
        assertThat(measured.largest()).isGreaterThan(1e-3);
        assertThat(measured.toString()).contains("layer out, W:");
    }

    static Stream<Arguments> gates() {
        return Stream.of(
                Arguments.of(
                        "CenteredTanh",
                        Cause.UNKNOWN_CODE,
                        new LSTM.Builder()
                                .nOut(3)
                                .gateActivationFunction(new CenteredTanh())
                                .build()),
                Arguments.of(
                        "ActivationRReLU",
                        Cause.NOISE,
                        new LSTM.Builder()
                                .nOut(3)
                                .gateActivationFunction(new ActivationRReLU())
                                .build()),
                Arguments.of(
                        "CenteredTanh",
                        Cause.UNKNOWN_CODE,
                        new Bidirectional(new LSTM.Builder()
                                .nOut(3)
                                .gateActivationFunction(new CenteredTanh())
                                .build())));
    }

    @ParameterizedTest(name = "{0} in {2}")
    @MethodSource("gates")
    void gatesAreActivationsToo(String subject, Cause cause, Layer layer) {
        Data data = new Data(3, DataType.DOUBLE);
        var network = Nets.init(Nets.of(InputType.recurrent(4, 5), layer, new GlobalPoolingLayer(), output()));
        assertThat(ExactnessReport.of(network).findings()).singleElement().satisfies(finding -> {
            assertThat(finding.subject()).isEqualTo(subject);
            assertThat(finding.cause()).isEqualTo(cause);
        });
        assertThat(ExactnessReport.measure(network, new DataSet(data.normal(EXAMPLES, 4, 5), data.normal(EXAMPLES, 3)))
                        .isExact())
                .isFalse();
    }

    /** A frozen layer draws no noise and takes no statistics, but code of others remains unknown. */
    @Test
    void activationsOfFrozenLayersToo() {
        Data data = new Data(3, DataType.DOUBLE);
        var network = Nets.init(Nets.of(
                InputType.feedForward(4),
                new FrozenLayer(new DenseLayer.Builder()
                        .nOut(4)
                        .activation(new CenteredTanh())
                        .build()),
                output()));
        assertThat(ExactnessReport.of(network).findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.cause()).isEqualTo(Cause.UNKNOWN_CODE));
        assertThat(ExactnessReport.measure(network, new DataSet(data.normal(EXAMPLES, 4), data.normal(EXAMPLES, 3)))
                        .largest())
                .isGreaterThan(1e-3);
    }

    /** Frozen as a vertex, a layer still runs in training mode; so does its dropout. */
    @Test
    void dropoutInAFrozenVertexIsNamed() {
        ComputationGraph graph = NetworkClass.GRAPH.init(Nets.settings()
                .graphBuilder()
                .addInputs("input")
                .addLayer("dense", new DenseLayer.Builder().nIn(4).nOut(4).build(), "input")
                .addVertex(
                        "frozen",
                        new FrozenVertex(new LayerVertex(
                                Nets.settings()
                                        .layer(new DenseLayer.Builder()
                                                .name("frozen")
                                                .nIn(4)
                                                .nOut(4)
                                                .dropOut(0.5)
                                                .build())
                                        .build(),
                                null)),
                        "dense")
                .addLayer(
                        "out",
                        new OutputLayer.Builder(LossFunction.MSE).nIn(4).nOut(3).build(),
                        "frozen")
                .setOutputs("out")
                .build());
        assertThat(ExactnessReport.of(graph).findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.layer()).isEqualTo("frozen"))
                .satisfies(finding -> assertThat(finding.cause()).isEqualTo(Cause.NOISE));
    }

    @Test
    void aVertexOfFixedSizeIsNamed() {
        ComputationGraph graph = NetworkClass.GRAPH.init(Nets.settings()
                .graphBuilder()
                .addInputs("input")
                .addVertex("fixed", new ReshapeVertex(6, -1), "input")
                .addLayer(
                        "out",
                        new OutputLayer.Builder(LossFunction.MSE).nIn(4).nOut(3).build(),
                        "fixed")
                .setOutputs("out")
                .build());
        assertThat(ExactnessReport.of(graph).findings())
                .extracting(ExactnessFinding::layer, ExactnessFinding::cause)
                .containsExactly(tuple("fixed", Cause.FIXED_BATCH));
    }

    /** Examined classes, set to reach over examples. */
    @Test
    void settingsThatReachOverExamplesAreUnknown() {
        for (GraphVertex vertex : List.of(
                new L2NormalizeVertex(new int[] {0, 1}, 1e-8), new ReshapeVertex('f', new int[] {-1, 4}, null))) {
            ComputationGraph graph = NetworkClass.GRAPH.init(Nets.settings()
                    .graphBuilder()
                    .addInputs("input")
                    .addVertex("set", vertex, "input")
                    .addLayer(
                            "out",
                            new OutputLayer.Builder(LossFunction.MSE)
                                    .nIn(4)
                                    .nOut(3)
                                    .build(),
                            "set")
                    .setOutputs("out")
                    .build());
            ExactnessReport report = ExactnessReport.of(graph);
            assertThat(report.findings())
                    .extracting(ExactnessFinding::layer, ExactnessFinding::cause)
                    .containsExactly(tuple("set", Cause.UNKNOWN_CODE));
            assertThat(report.toString()).contains("may differ");
        }
    }

    /** Subtracts the mean of its batch, forward and backward: the derivative of one is the other. */
    public static final class Centered extends BaseInputPreProcessor {
        private static final long serialVersionUID = 1L;

        @Override
        public INDArray preProcess(INDArray input, int examples, LayerWorkspaceMgr workspaces) {
            return workspaces.leverageTo(ArrayType.ACTIVATIONS, centered(input));
        }

        @Override
        public INDArray backprop(INDArray output, int examples, LayerWorkspaceMgr workspaces) {
            return workspaces.leverageTo(ArrayType.ACTIVATION_GRAD, centered(output));
        }

        @Override
        public InputType getOutputType(InputType inputType) {
            return inputType;
        }
    }

    /** The hyperbolic tangent of what {@link Centered} gives. */
    public static final class CenteredTanh extends BaseActivationFunction {
        private static final long serialVersionUID = 1L;

        @Override
        public INDArray getActivation(INDArray in, boolean training) {
            return new ActivationTanH().getActivation(in.assign(centered(in)), training);
        }

        @Override
        public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
            INDArray inner = new ActivationTanH()
                    .backprop(in.assign(centered(in)), epsilon)
                    .getFirst();
            return new Pair<>(centered(inner), null);
        }
    }

    /** Subtracts half of another example in SameDiff, where means over a dimension do not survive the first pass. */
    public static final class PairedVertex extends SameDiffLambdaVertex {
        private static final long serialVersionUID = 1L;

        @Override
        public SDVariable defineVertex(SameDiff graph, VertexInputs inputs) {
            SDVariable in = inputs.getInput(0);
            return in.sub(graph.reverse(in, 0).mul(0.5));
        }

        @Override
        public InputType getOutputType(int index, InputType... inputs) {
            return inputs[0];
        }
    }

    private static INDArray centered(INDArray batch) {
        return batch.sub(batch.mean(true, 0));
    }
}
