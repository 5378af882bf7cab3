/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.ArrayList;
import java.util.List;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/**
 * Multiplies the losses of a network's outputs until it is closed. DL4J adds up the gradients of all outputs in one
 * backward pass, so each must be scaled where it begins: in the loss function of its layer, which is replaced
 * meanwhile.
 */
@API(status = API.Status.INTERNAL)
public final class ScaledLosses implements AutoCloseable {

    private final List<Runnable> undo = new ArrayList<>();

    private ScaledLosses() {}

    /**
     * Scales the losses of a network.
     *
     * @param network the network, not copied
     * @param factors one for each output, whose layers all have loss functions; none to leave all as they are
     */
    public static ScaledLosses of(Network network, List<Double> factors) {
        return of(network, factors, 1);
    }

    /**
     * Scales the losses of a network, and their gradients once more.
     *
     * @param network the network, not copied
     * @param factors one for each output, whose layers all have loss functions; none to leave all as they are
     * @param ofGradients by what the gradients alone are multiplied, and no score; with another number than 1, too, all
     *     outputs need loss functions
     */
    public static ScaledLosses of(Network network, List<Double> factors, double ofGradients) {
        ScaledLosses scaled = new ScaledLosses();
        if (!factors.isEmpty()) {
            int[] rows = network.labelRows();
            List<LayerView> outputs = network.outputs();
            for (int i = 0; i < outputs.size(); i++) {
                double factor = factors.get(i);
                scaled.scale(outputs.get(i).facts(), factor * ofGradients, score(factor, rows[i], rows[0]));
            }
        } else if (ofGradients != 1) {
            network.outputs().forEach(output -> scaled.scale(output.facts(), ofGradients, 1));
        }
        return scaled;
    }

    /** DL4J divides the gradients of all outputs by the rows of the first one's labels, a score by those of its own. */
    private static double score(double factor, int rows, int firstRows) {
        return factor * rows / firstRows;
    }

    private void scale(LayerFacts facts, double ofGradient, double ofScore) {
        ILossFunction loss = facts.loss().orElseThrow();
        undo.add(() -> facts.replaceLoss(loss));
        facts.replaceLoss(new Scaled(loss, ofGradient, ofScore));
    }

    /** Puts the loss functions back. */
    @Override
    public void close() {
        undo.forEach(Runnable::run);
    }

    private record Scaled(ILossFunction loss, double gradientFactor, double scoreFactor) implements ILossFunction {

        @Override
        public double computeScore(
                INDArray labels, INDArray preOutput, IActivation activation, @Nullable INDArray mask, boolean average) {
            return scoreFactor * loss.computeScore(labels, preOutput, activation, mask, average);
        }

        @Override
        public INDArray computeScoreArray(
                INDArray labels, INDArray preOutput, IActivation activation, @Nullable INDArray mask) {
            return loss.computeScoreArray(labels, preOutput, activation, mask).mul(scoreFactor);
        }

        @Override
        public INDArray computeGradient(
                INDArray labels, INDArray preOutput, IActivation activation, @Nullable INDArray mask) {
            INDArray gradient = loss.computeGradient(labels, preOutput, activation, mask);
            // In HALF the factor itself may be infinite.
            DataType type = gradient.dataType();
            return type == DataType.FLOAT16
                    ? gradient.castTo(DataType.FLOAT).muli(gradientFactor).castTo(type)
                    : gradient.mul(gradientFactor);
        }

        @Override
        public Pair<Double, INDArray> computeGradientAndScore(
                INDArray labels, INDArray preOutput, IActivation activation, @Nullable INDArray mask, boolean average) {
            return new Pair<>(
                    computeScore(labels, preOutput.dup(), activation, mask, average),
                    computeGradient(labels, preOutput, activation, mask));
        }

        @Override
        public String name() {
            return loss.name();
        }
    }
}
