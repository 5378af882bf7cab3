/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.gradacc.probe.ExactnessFinding.Cause;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.preprocessor.BaseInputPreProcessor;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** Where the measurement and the report must agree on what is hard to see, and what it does with bad parts. */
class ExactnessMeasurementTest {

    private static final int EXAMPLES = 6;

    private final Data data = new Data(11, DataType.DOUBLE);

    private DataSet batch() {
        return new DataSet(data.normal(EXAMPLES, 4), data.oneHot(EXAMPLES, 3));
    }

    private static DenseLayer.Builder tanh() {
        return new DenseLayer.Builder().nOut(4).activation(Activation.TANH);
    }

    /** What DL4J computes for the gradient that a frozen layer passes on, and only for that. */
    static Stream<Arguments> frozen() {
        Layer dropout = new FrozenLayerWithBackprop(tanh().dropOut(0.5).build());
        Layer connect = new FrozenLayerWithBackprop(
                tanh().weightNoise(new DropConnect(0.5)).build());
        Layer norm = new FrozenLayerWithBackprop(new BatchNormalization());
        return Stream.of(
                Arguments.of("dropout, nothing below", null, List.of(dropout)),
                Arguments.of("dropout above a trained layer", Cause.NOISE, List.of(dense(4), dropout)),
                Arguments.of(
                        "dropout, only frozen layers below",
                        null,
                        List.of(new FrozenLayerWithBackprop(dense(4)), dropout)),
                Arguments.of(
                        "dropout, nothing below that a gradient reaches",
                        null,
                        List.of(dense(4), new FrozenLayer(dense(4)), dropout)),
                Arguments.of(
                        "dropout above a trained layer and a frozen one",
                        Cause.NOISE,
                        List.of(dense(4), new FrozenLayerWithBackprop(dense(4)), dropout)),
                Arguments.of("weight noise, nothing below", null, List.of(connect)),
                Arguments.of("weight noise above a trained layer", Cause.NOISE, List.of(dense(4), connect)),
                Arguments.of("normalization, nothing below", null, List.of(norm)),
                Arguments.of("normalization above a trained layer", Cause.BATCH_STATISTICS, List.of(dense(4), norm)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("frozen")
    void layersThatAreFrozenInForwardPassesOnly(String name, Cause cause, List<Layer> hidden) {
        var configuration = Nets.of(
                InputType.feedForward(4),
                Stream.concat(hidden.stream().map(Layer::clone), Stream.of(softmax(3)))
                        .toArray(Layer[]::new));
        // With workspaces DL4J fails in the backward pass of a normalization that ran forward as at test time.
        configuration.setTrainingWorkspaceMode(WorkspaceMode.NONE);
        configuration.setInferenceWorkspaceMode(WorkspaceMode.NONE);
        MultiLayerNetwork network = Nets.init(configuration);
        ComputationGraph graph = network.toComputationGraph();
        List<Cause> expected = cause == null ? List.of() : List.of(cause);
        assertThat(ExactnessReport.of(network).findings())
                .extracting(ExactnessFinding::cause)
                .isEqualTo(expected);
        assertThat(ExactnessReport.of(graph).findings())
                .extracting(ExactnessFinding::cause)
                .isEqualTo(expected);
        ExactnessMeasurement measured = ExactnessReport.measure(network, batch());
        assertThat(measured.isExact()).as("%s", measured).isEqualTo(cause == null);
    }

    /** Dropout of somebody else's may draw or not. */
    @Test
    void dropoutOfOthersIsUnknown() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                dense(4),
                tanh().dropOut(new Halved()).build(),
                new FrozenLayer(tanh().dropOut(new Halved()).build()),
                softmax(3)));
        assertThat(ExactnessReport.of(network).findings()).singleElement().satisfies(finding -> {
            assertThat(finding.cause()).isEqualTo(Cause.UNKNOWN_CODE);
            assertThat(finding.layer()).isEqualTo("1");
            assertThat(finding.subject()).isEqualTo("Halved");
        });
        assertThat(ExactnessReport.measure(network, batch()).isExact()).isTrue();
    }

    /** Halves each element, always. */
    public static final class Halved implements IDropout {
        private static final long serialVersionUID = 1L;

        @Override
        public INDArray applyDropout(
                INDArray input, INDArray result, int iteration, int epoch, LayerWorkspaceMgr workspaces) {
            return result.assign(input.mul(0.5));
        }

        @Override
        public INDArray backprop(INDArray atOutput, INDArray atInput, int iteration, int epoch) {
            return atInput.assign(atOutput.mul(0.5));
        }

        @Override
        public void clear() {}

        @Override
        @SuppressWarnings("MethodDoesntCallSuperMethod")
        public IDropout clone() {
            return new Halved();
        }
    }

    @Test
    void aCutThatFailsIsNamedAndTheOthersAreMeasured() {
        ExactnessMeasurement measured = ExactnessReport.measure(crowd(2), batch());
        assertThat(measured.failures()).singleElement().satisfies(failure -> {
            assertThat(failure.microBatchSize()).isEqualTo(1);
            assertThat(failure.cause()).contains("2 are a crowd, 1 is none");
        });
        assertThat(measured.largest()).isLessThan(1e-12);
        assertThat(measured.parameters()).hasSize(2);
        assertThat(measured.isExact()).isFalse();
        assertThat(measured.toString())
                .contains("failed with micro-batches of at most 1: ", "2 are a crowd, 1 is none");
    }

    @Test
    void whereAllPartsOrTheWholeFailThereIsNoMeasurement() {
        assertThatIllegalStateException()
                .isThrownBy(() -> ExactnessReport.measure(crowd(EXAMPLES), batch()))
                .withMessageContaining("gradient of 3 of the batch's 6 examples")
                .withMessageContaining("6 are a crowd, 3 is none");
        assertThatIllegalStateException()
                .isThrownBy(() -> ExactnessReport.measure(crowd(EXAMPLES + 1), batch()))
                .withMessageContaining("gradient of 6 of the batch's 6 examples")
                .withMessageContaining("7 are a crowd, 6 is none");
    }

    private static MultiLayerNetwork crowd(int least) {
        var list = Nets.settings().list();
        list.layer(new OutputLayer.Builder(LossFunction.MSE).nIn(4).nOut(3).build());
        list.inputPreProcessor(0, new Crowd(least));
        return Nets.init(list.build());
    }

    /** Fails on few examples. */
    public static final class Crowd extends BaseInputPreProcessor {
        private static final long serialVersionUID = 1L;

        private final int least;

        public Crowd(@JsonProperty("least") int least) {
            this.least = least;
        }

        public int getLeast() {
            return least;
        }

        @Override
        public INDArray preProcess(INDArray input, int examples, LayerWorkspaceMgr workspaces) {
            if (input.size(0) < least) {
                throw new IllegalArgumentException(least + " are a crowd, " + input.size(0) + " is none");
            }
            return workspaces.leverageTo(ArrayType.ACTIVATIONS, input);
        }

        @Override
        public INDArray backprop(INDArray output, int examples, LayerWorkspaceMgr workspaces) {
            return output;
        }

        @Override
        public InputType getOutputType(InputType inputType) {
            return inputType;
        }
    }

    /** Its small parts are its own idea. */
    @Test
    void givesNoAdviceOnTheSizeOfItsParts() {
        MultiLayerNetwork network =
                Nets.init(Nets.of(InputType.feedForward(4), new BatchNormalization(), dense(4), softmax(3)));
        try (var log = new LogLines("io.github.gradacc")) {
            assertThat(ExactnessReport.measure(network, batch()).isExact()).isFalse();
            assertThat(log.warnings()).isEmpty();
        }
    }

    @Test
    void dataThatIsNotFiniteIsNamed() {
        MultiLayerNetwork network = Nets.init(Nets.of(InputType.feedForward(4), dense(4), softmax(3)));
        DataSet withNaN = batch();
        withNaN.getFeatures().putScalar(2, 1, Double.NaN);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ExactnessReport.measure(network, withNaN))
                .withMessageContaining("features[0] of the batch holds NaN or infinity");
        DataSet infinite = batch();
        infinite.getLabels().putScalar(0, 0, Double.NEGATIVE_INFINITY);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ExactnessReport.measure(network, infinite))
                .withMessageContaining("labels[0] of the batch holds NaN or infinity");
        DataSet masked = batch();
        masked.setLabelsMaskArray(Nd4j.valueArrayOf(new long[] {EXAMPLES, 1}, Double.NaN, DataType.DOUBLE));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ExactnessReport.measure(network, masked))
                .withMessageContaining("labels mask[0] of the batch holds NaN or infinity");
    }
}
