/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.util.List;
import java.util.Locale;
import org.nd4j.linalg.dataset.DataSet;

/** Whether libtorch computes what DL4J does: the loss of a window, and the gradient of each parameter. */
final class Agreement {

    /** Losses are means of some hundred FLOAT numbers, which round to 6e-8 each. */
    private static final double LOSS = 1e-5;

    /**
     * What rounding may change in the gradient of a parameter, with few examples, relative to its length: measured were
     * 1e-6, and 4e-5 through the eight normalized convolutions. An error in the network is of order 1.
     */
    static final double ROUNDING = 1e-3;

    /**
     * The same with many examples and rectifiers: of millions of activations, some lie so close to zero that one
     * library lets them pass and the other does not. Measured were 3e-3 in the residual network, 1e-6 in the others.
     */
    static final double ROUNDING_AT_KINKS = 1e-2;

    private Agreement() {}

    /**
     * Computes the window with both libraries; takes no step.
     *
     * @param allowed for the difference of two gradients over the length of one, for each parameter
     * @throws IllegalStateException if they differ by more than rounding
     */
    static void require(
            Subject subject,
            TorchNetwork network,
            TorchAccumulation accumulation,
            List<DataSet> microBatches,
            double allowed) {
        double theirs = accumulation.accumulate();
        List<TorchParameter> parameters = network.parameters();
        List<double[]> sums = parameters.stream()
                .map(parameter -> new double[Math.toIntExact(parameter.tensor().numel())])
                .toList();
        int examples = microBatches.stream().mapToInt(DataSet::numExamples).sum();
        double ours = 0;
        for (DataSet microBatch : microBatches) {
            subject.pass(microBatch);
            ours += subject.score() * microBatch.numExamples() / examples;
            for (int i = 0; i < sums.size(); i++) {
                TorchParameter parameter = parameters.get(i);
                add(parameter.reordered(subject.gradient().getGradientFor(parameter.name())), examples, sums.get(i));
            }
        }
        require("loss", Math.abs(ours - theirs) / Math.abs(ours), LOSS);
        for (int i = 0; i < sums.size(); i++) {
            double difference = difference(sums.get(i), parameters.get(i).gradient());
            require("gradient of " + parameters.get(i).name(), difference, allowed);
        }
    }

    private static void add(float[] gradient, int examples, double[] sum) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += gradient[i] / (double) examples;
        }
    }

    private static double difference(double[] ours, float[] theirs) {
        double length = 0;
        double difference = 0;
        for (int i = 0; i < ours.length; i++) {
            length += ours[i] * ours[i];
            difference += (ours[i] - theirs[i]) * (ours[i] - theirs[i]);
        }
        return Math.sqrt(difference / length);
    }

    private static void require(String what, double difference, double allowed) {
        // Refuses NaN as well.
        if (!(difference <= allowed)) {
            throw new IllegalStateException(String.format(
                    Locale.ROOT,
                    "DL4J and libtorch do not compute the same: the %s differs by %.1e relative, and rounding explains"
                            + " %.0e",
                    what,
                    difference,
                    allowed));
        }
    }
}
