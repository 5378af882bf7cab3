/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.LogLines;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Quiet;
import io.github.gradacc.testing.Tolerance;
import java.lang.reflect.Field;
import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffLambdaVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.samediff.SameDiffGraphVertex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.ScalarOp;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Vertices written in SameDiff, the constants of whose gradients DL4J 1.0.0-M2.1 loses under workspaces. */
@ExtendWith(Quiet.class)
class SameDiffVertexTest {

    /** Axes and scalars, forward and backward. */
    public static final class Products extends SameDiffLambdaVertex {
        private static final long serialVersionUID = 1L;

        @Override
        public SDVariable defineVertex(SameDiff graph, VertexInputs inputs) {
            SDVariable in = inputs.getInput(0);
            return in.mul(in.mean(true, 1)).add(graph.math().square(in).mul(0.5));
        }

        @Override
        public InputType getOutputType(int index, InputType... inputs) {
            return inputs[0];
        }
    }

    /** NaN, as lost constants give it. */
    public static final class Quotient extends SameDiffLambdaVertex {
        private static final long serialVersionUID = 1L;

        @Override
        public SDVariable defineVertex(SameDiff graph, VertexInputs inputs) {
            SDVariable in = inputs.getInput(0);
            return in.sub(in).div(in.sub(in));
        }

        @Override
        public InputType getOutputType(int index, InputType... inputs) {
            return inputs[0];
        }
    }

    private static ComputationGraphConfiguration graph(SameDiffLambdaVertex vertex) {
        return graph(vertex, WorkspaceMode.ENABLED, WorkspaceMode.ENABLED);
    }

    private static ComputationGraphConfiguration graph(
            SameDiffLambdaVertex vertex, WorkspaceMode training, WorkspaceMode inference) {
        return Nets.settings()
                .trainingWorkspaceMode(training)
                .inferenceWorkspaceMode(inference)
                .graphBuilder()
                .addInputs("in")
                .addLayer("dense", new DenseLayer.Builder().nOut(4).build(), "in")
                .addVertex("code", vertex, "dense")
                .addLayer(
                        "out", new OutputLayer.Builder(LossFunction.MSE).nOut(3).build(), "code")
                .setOutputs("out")
                .setInputTypes(InputType.feedForward(4))
                .build();
    }

    private static List<MultiDataSet> batches() {
        Data data = new Data(3, DataType.DOUBLE);
        return List.of(
                new MultiDataSet(data.normal(5, 4), data.normal(5, 3)),
                new MultiDataSet(data.normal(3, 4), data.normal(3, 3)));
    }

    /** The scalars of the gradient are garbage then, or will be; the mode of inference decides, too. */
    @Test
    void dl4jLosesConstantsUnlessBothModesAreNone() {
        assertThat(lossOfConstants(WorkspaceMode.ENABLED, WorkspaceMode.ENABLED))
                .isTrue();
        assertThat(lossOfConstants(WorkspaceMode.NONE, WorkspaceMode.ENABLED)).isTrue();
        assertThat(lossOfConstants(WorkspaceMode.NONE, WorkspaceMode.NONE)).isFalse();
    }

    /** Trains natively and looks where the constants are. */
    private static boolean lossOfConstants(WorkspaceMode training, WorkspaceMode inference) {
        ComputationGraph network = NetworkClass.GRAPH.init(graph(new Products(), training, inference));
        network.fit(batches().get(0));
        return constants(network).stream().anyMatch(INDArray::isAttached);
    }

    private static SameDiff gradientOf(ComputationGraph network) {
        try {
            Field field = SameDiffGraphVertex.class.getDeclaredField("sameDiff");
            field.setAccessible(true);
            return ((SameDiff) field.get(network.getVertex("code"))).getFunction("grad");
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<INDArray> constants(ComputationGraph network) {
        return gradientOf(network).getOps().values().stream()
                .map(SameDiffOp::getOp)
                .filter(ScalarOp.class::isInstance)
                .map(op -> ((ScalarOp) op).scalar())
                .toList();
    }

    @Test
    void equalsNativeTraining() {
        ExactnessCase testCase =
                ExactnessCase.ofGraph("products", () -> graph(new Products()), SameDiffVertexTest::batches);
        ExactnessCase reference = ExactnessCase.ofGraph(
                "products",
                () -> graph(new Products(), WorkspaceMode.NONE, WorkspaceMode.NONE),
                SameDiffVertexTest::batches);
        for (int workers : new int[] {1, 2}) {
            testCase.accumulated(NetworkClass.GRAPH, settings -> settings.parallelism(workers))
                    .assertSameAs(reference.natively(NetworkClass.GRAPH), Tolerance.DOUBLE);
        }
    }

    @Test
    void theModesAreWhatTheyWere() {
        ComputationGraph network = NetworkClass.GRAPH.init(graph(new Products()));
        try (var trainer = GradientAccumulationTrainer.builder(network).build()) {
            trainer.fit(batches().get(0));
        }
        assertThat(network.getConfiguration().getTrainingWorkspaceMode()).isEqualTo(WorkspaceMode.ENABLED);
        assertThat(network.getConfiguration().getInferenceWorkspaceMode()).isEqualTo(WorkspaceMode.ENABLED);
        assertThat(constants(network)).isNotEmpty().noneMatch(INDArray::isAttached);
    }

    @Test
    void aGradientThatIsNotFiniteComesWithAdvice() {
        var network = NetworkClass.GRAPH.init(graph(new Quotient()));
        try (var trainer = GradientAccumulationTrainer.builder(network).build()) {
            assertThatThrownBy(() -> trainer.fit(batches().get(0)))
                    .isInstanceOf(NonFiniteGradientException.class)
                    .hasMessageContaining("SameDiff")
                    .hasMessageContaining("WorkspaceMode.NONE");
        }
    }

    /** A division by a sum has a wrong gradient for one example; 6 by 2 leaves none, 5 by 2 would. */
    @ParameterizedTest
    @CsvSource({"6, 2, false", "5, 2, true", "5, 100, false"})
    void cuttingIntoSingleExamplesIsWarnedOf(int examples, int microBatchSize, boolean isWarned) {
        Data data = new Data(3, DataType.DOUBLE);
        var network = NetworkClass.GRAPH.init(graph(new Products()));
        try (var log = new LogLines("io.github.gradacc.train");
                var trainer = GradientAccumulationTrainer.builder(network)
                        .microBatchSize(microBatchSize)
                        .build()) {
            trainer.fit(data.normal(examples, 4), data.normal(examples, 3));
            trainer.fit(data.normal(examples, 4), data.normal(examples, 3));
            assertThat(log.warnings())
                    .hasSize(isWarned ? 1 : 0)
                    .allSatisfy(line -> assertThat(line).contains("SameDiff", "leaves no single example"));
        }
    }

    @Test
    void otherFailuresComeWithoutThatAdvice() {
        Data data = new Data(3, DataType.DOUBLE);
        var network = NetworkClass.GRAPH.init(graph(new Products()));
        try (var trainer = GradientAccumulationTrainer.builder(network).build()) {
            assertThatThrownBy(() -> trainer.fit(data.normal(4, 4), data.normal(4, 7)))
                    .isInstanceOf(MicroBatchException.class)
                    .message()
                    .doesNotContain("SameDiff");
        }
    }
}
