/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Tolerance.DOUBLE;
import static io.github.gradacc.testing.Tolerance.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.Reference;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.shade.jackson.databind.JsonNode;

/** The same network from the same parameters on the same data, accumulated here and in libtorch. */
class LibtorchTest {

    private static final int OUTPUTS = 5;

    record Run(JsonNode file, JsonNode run) {
        @Override
        public String toString() {
            return run.get("optimizer").asText() + " " + run.get("mode").asText();
        }
    }

    static Stream<Run> runs() {
        JsonNode file = Reference.read("accum.json");
        return StreamSupport.stream(file.get("runs").spliterator(), false).map(run -> new Run(file, run));
    }

    @ParameterizedTest
    @MethodSource("runs")
    void lossesGradientsAndParametersAgree(Run run) {
        boolean adam = run.run().get("optimizer").asText().equals("Adam");
        IUpdater updater = adam
                ? adam(run.run().get("options"))
                : new Sgd(run.run().get("options").get("lr").asDouble());
        MultiLayerNetwork network = network(updater, run.file().get("initial_params"));
        List<INDArray> gradients = new ArrayList<>();
        network.setListeners(new BaseTrainingListener() {
            @Override
            public void onGradientCalculation(Model model) {
                gradients.add(model.gradient().gradient().dup());
            }
        });
        List<DataSet> batches = batches(run);

        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(batches.size())
                .build()) {
            int t = 0;
            for (JsonNode step : run.run().get("steps")) {
                t++;
                if (adam) {
                    matchEpsilon(network, run.run().get("options"), t);
                }
                StepReport report = null;
                for (DataSet batch : batches) {
                    report = trainer.accumulate(batch).orElse(null);
                }
                assertThat(report).isNotNull();
                assertClose(
                        "loss before step " + t,
                        report.score(),
                        step.get("loss_before").asDouble(),
                        DOUBLE);
                assertBiases(network, step.get("params_after"));
                if (step.get("accumulated_grad").get("conv.weight").has("data")) {
                    INDArray mean = gradients.get(t - 1).div(32);
                    assertClose("gradient", mean, flat(step.get("accumulated_grad")), DOUBLE);
                }
            }
        }
        assertClose("parameters", network.params(), flat(run.run().get("params_final")), DOUBLE);
    }

    private static MultiLayerNetwork network(IUpdater updater, JsonNode parameters) {
        MultiLayerNetwork network = Nets.init(Nets.of(
                Nets.settings().updater(updater).activation(Activation.IDENTITY),
                InputType.convolutional(10, 10, 3),
                new ConvolutionLayer.Builder(3, 3).padding(1, 1).nOut(10).build(),
                new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build(),
                new ActivationLayer(Activation.RELU),
                // DL4J sums the losses of an example's outputs, BCELoss takes their mean.
                new OutputLayer.Builder(new LossBinaryXENT(
                                Nd4j.valueArrayOf(new long[] {1, OUTPUTS}, 1.0 / OUTPUTS, DataType.DOUBLE)))
                        .nOut(OUTPUTS)
                        .activation(Activation.SIGMOID)
                        .build()));
        network.setParams(flat(parameters));
        return network;
    }

    /** DL4J's order: the bias of a convolution comes before its weights; dense weights are [in, out], columns first. */
    private static INDArray flat(JsonNode parameters) {
        return Nd4j.concat(
                0,
                vector(parameters.get("conv.bias")),
                vector(parameters.get("conv.weight")),
                vector(parameters.get("fc.weight")),
                vector(parameters.get("fc.bias")));
    }

    private static INDArray vector(JsonNode tensor) {
        INDArray array = Reference.tensor(tensor);
        return array.reshape(array.length());
    }

    private static void assertBiases(MultiLayerNetwork network, JsonNode after) {
        assertClose("conv.bias", network.getParam("0_b"), Reference.tensor(after.get("conv.bias")), DOUBLE);
        assertClose("fc.bias", network.getParam("3_b"), Reference.tensor(after.get("fc.bias")), DOUBLE);
    }

    private static List<DataSet> batches(Run run) {
        INDArray input = Reference.tensor(run.file().get("input"));
        INDArray target = Reference.tensor(run.file().get("target"));
        List<DataSet> batches = new ArrayList<>();
        int from = 0;
        for (Iterator<JsonNode> scales = run.run().get("loss_scale").elements(); scales.hasNext(); ) {
            int to = from + (int) Math.round(scales.next().asDouble() * 32);
            batches.add(new DataSet(
                    input.get(NDArrayIndex.interval(from, to)).dup(),
                    target.get(NDArrayIndex.interval(from, to)).dup()));
            from = to;
        }
        assertThat(from).isEqualTo(32);
        return batches;
    }

    private static Adam adam(JsonNode options) {
        return Adam.builder()
                .learningRate(options.get("lr").asDouble())
                .beta1(options.get("betas").get(0).asDouble())
                .beta2(options.get("betas").get(1).asDouble())
                .build();
    }

    /**
     * DL4J adds epsilon to the root of the second moment before its bias is corrected, torch after that:
     * {@code eps_DL4J = eps_torch sqrt(1 - beta2^t)} makes the two equal.
     */
    private static void matchEpsilon(MultiLayerNetwork network, JsonNode options, int t) {
        double beta2 = options.get("betas").get(1).asDouble();
        double epsilon = options.get("eps").asDouble() * Math.sqrt(1 - Math.pow(beta2, t));
        for (Map.Entry<String, INDArray> parameter : network.paramTable().entrySet()) {
            int layer = Integer.parseInt(parameter.getKey().substring(0, 1));
            String name = parameter.getKey().substring(2);
            ((Adam) network.getLayer(layer).getConfig().getUpdaterByParam(name)).setEpsilon(epsilon);
        }
    }
}
