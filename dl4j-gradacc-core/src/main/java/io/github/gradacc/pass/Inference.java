/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.array.Slice;
import io.github.gradacc.dl4j.Network;
import io.github.gradacc.dl4j.UnregularizedPasses;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.evaluation.IEvaluation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Forward passes in inference mode: what a network says of data, and how far that is from the labels. */
@API(status = API.Status.INTERNAL)
public final class Inference {

    private final Network network;

    Inference(Network network) {
        this.network = network;
    }

    /**
     * Adds the first output for a micro-batch to evaluations, as DL4J's {@code doEvaluation} does.
     *
     * @param data checked, not copied
     */
    public void evaluate(MultiDataSet data, Iterable<? extends IEvaluation<?>> evaluations) {
        try {
            INDArray output = Slice.first(
                    network.output(LoneMask.avoidedIn(data, network)),
                    data.getLabels(0).size(0));
            evaluations.forEach(each -> each.eval(data.getLabels(0), output, labelsMask(data)));
        } finally {
            clear();
        }
    }

    private static @Nullable INDArray labelsMask(MultiDataSet data) {
        @Nullable INDArray[] masks = data.getLabelsMaskArrays();
        return masks == null ? null : masks[0];
    }

    /**
     * The loss of a micro-batch, without regularization.
     *
     * @param mean of its examples
     * @param sum over its examples, of outputs that report sums: in networks configured with {@code miniBatch(false)}
     */
    public record Loss(double mean, double sum) {}

    /**
     * Computes the loss of a micro-batch.
     *
     * @param data checked, not copied
     */
    public Loss loss(MultiDataSet data) {
        MultiDataSet seen = LoneMask.avoidedIn(data, network);
        double copies =
                (double) seen.getFeatures(0).size(0) / data.getFeatures(0).size(0);
        double scoreOfLastStep = network.model().score();
        try (var unregularized = UnregularizedPasses.of(network)) {
            double score = network.score(seen);
            network.setScore(score);
            double sum = network.model().conf().isMiniBatch() ? 0 : network.summedScore();
            double whole = copies == 1 ? 0 : network.unmaskedScore(seen.getLabelsMaskArrays());
            double mean = score - network.regularization() - sum;
            // A second example that stands beside the first without a loss is divided by all the same.
            return new Loss((mean - whole) * copies + whole, sum);
        } finally {
            network.setScore(scoreOfLastStep);
            clear();
        }
    }

    private void clear() {
        network.clearMasks();
        network.clearLayers();
    }
}
