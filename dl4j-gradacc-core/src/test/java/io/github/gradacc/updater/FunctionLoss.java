/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * A function of three variables as the loss of a network whose three weights are the variables: one layer without
 * biases, and the input 1.
 */
record FunctionLoss(@JsonProperty("function") TestFunction function) implements ILossFunction {

    /** A network whose parameters are the three variables, before their first step. */
    static <T extends Model> T network(
            NetworkClass<T> type, TestFunction function, UnaryOperator<NeuralNetConfiguration.Builder> settings) {
        return network(type, function, settings, layer -> {});
    }

    /** The same, with settings of the layer. */
    static <T extends Model> T network(
            NetworkClass<T> type,
            TestFunction function,
            UnaryOperator<NeuralNetConfiguration.Builder> settings,
            Consumer<OutputLayer.Builder> layerSettings) {
        OutputLayer.Builder layer = new OutputLayer.Builder(new FunctionLoss(function))
                .nOut(3)
                .hasBias(false)
                .activation(Activation.IDENTITY);
        layerSettings.accept(layer);
        T network = type.init(Nets.of(settings.apply(Nets.settings()), InputType.feedForward(1), layer.build()));
        network.setParams(Nd4j.create(new double[][] {TestFunction.START}).castTo(DataType.DOUBLE));
        return network;
    }

    /** So many examples, which are all the same: the input 1, and labels that are not read. */
    static DataSet batch(int examples) {
        return new DataSet(Nd4j.ones(DataType.DOUBLE, examples, 1), Nd4j.zeros(DataType.DOUBLE, examples, 3));
    }

    static double[] parameters(Model network) {
        return network.params().dup().reshape(3).toDoubleVector();
    }

    @Override
    public double computeScore(
            INDArray labels, INDArray output, IActivation activation, INDArray mask, boolean average) {
        double sum =
                computeScoreArray(labels, output, activation, mask).sumNumber().doubleValue();
        return average ? sum / output.size(0) : sum;
    }

    @Override
    public INDArray computeScoreArray(INDArray labels, INDArray output, IActivation activation, INDArray mask) {
        double[][] rows = output.toDoubleMatrix();
        double[][] scores = new double[rows.length][1];
        for (int i = 0; i < rows.length; i++) {
            scores[i][0] = function.value(rows[i]);
        }
        return Nd4j.createFromArray(scores);
    }

    @Override
    public INDArray computeGradient(INDArray labels, INDArray output, IActivation activation, INDArray mask) {
        double[][] rows = output.toDoubleMatrix();
        for (int i = 0; i < rows.length; i++) {
            rows[i] = function.gradient(rows[i]);
        }
        return Nd4j.createFromArray(rows);
    }

    @Override
    public Pair<Double, INDArray> computeGradientAndScore(
            INDArray labels, INDArray output, IActivation activation, INDArray mask, boolean average) {
        return new Pair<>(
                computeScore(labels, output, activation, mask, average),
                computeGradient(labels, output, activation, mask));
    }

    @Override
    public String name() {
        return toString();
    }
}
