/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.dl4j.LayerView;
import io.github.gradacc.dl4j.MaskPropagation;
import io.github.gradacc.dl4j.Network;
import io.github.gradacc.loss.LabelWeights;
import io.github.gradacc.loss.LossCtc;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the labels of a network's outputs, and says by what their losses are multiplied so that DL4J, which divides by
 * the number of examples, ends up dividing by these counts. Reads arrays, and the masks that reach the outputs; makes
 * no pass. Not thread-safe.
 */
@API(status = API.Status.INTERNAL)
public final class LabelCounter {

    private static final Logger log = LoggerFactory.getLogger(LabelCounter.class);

    private final Network network;
    private final LossDivisor divisor;
    private final LongUnaryOperator dl4jsDivisor;
    private final List<Output> outputs;
    private boolean warned;

    private record Output(LayerView layer, LabelWeights weights) {

        double count(LossDivisor divisor, INDArray labels, @Nullable INDArray mask) {
            if (labels.rank() < 2) {
                throw new IllegalArgumentException("Labels have at least two dimensions, [examples, values], got "
                        + labels.shapeInfoToString() + ": reshape them to a column");
            }
            int channels = layer.facts().labelChannels(labels.rank());
            return divisor.count(new LabelPositions(labels, channels, mask), weights);
        }
    }

    /**
     * Checks that the losses of a network can be divided this way.
     *
     * @param dl4jsDivisor from a number of examples, by what DL4J divides their gradient
     * @throws IllegalStateException if not; the message says why and what to do
     */
    LabelCounter(Network network, LossDivisor divisor, LongUnaryOperator dl4jsDivisor) {
        this.network = network;
        this.divisor = divisor;
        this.dl4jsDivisor = dl4jsDivisor;
        if (!network.model().conf().isMiniBatch()) {
            throw new IllegalStateException(
                    "lossNormalization(" + divisor + ") says what the loss is divided by, but the"
                            + " network is configured with miniBatch(false), which divides by nothing: leave out one"
                            + " of them");
        }
        List<LayerView> layers = network.outputs();
        outputs = layers.stream()
                .map(layer -> new Output(layer, LabelWeights.of(loss(layer, layers.size() > 1))))
                .toList();
    }

    private ILossFunction loss(LayerView output, boolean amongOthers) {
        ILossFunction loss = output.facts()
                .loss()
                .orElseThrow(() -> refusal(output, "has no loss function, so not a loss for each position"));
        if (output.facts().hasWholeBatchLoss()) {
            throw refusal(output, "has a loss that scores the batch as a whole, not each position");
        }
        if (output.facts().misreadsFormat()) {
            throw refusal(
                    output, "has the format NHWC, in which DL4J 1.0.0-M2.1 scores other values than it trains on");
        }
        if (loss instanceof LossCtc) {
            throw refusal(
                    output, "has LossCtc, whose mask is the length of an input and whose labels have no positions");
        }
        if (amongOthers && output.facts().addsToLoss()) {
            throw refusal(output, "adds center loss to its loss function, which cannot be scaled beside other outputs");
        }
        return loss;
    }

    private IllegalStateException refusal(LayerView output, String reason) {
        return new IllegalStateException(
                "lossNormalization(" + divisor + ") counts the labels of every output, but layer '"
                        + output.name() + "', a " + output.type() + ", " + reason
                        + ": use LossNormalization.EXAMPLES");
    }

    /**
     * Counts.
     *
     * @param data a batch with the right number of arrays, or a time segment of one; not changed
     * @return one number for each output
     */
    public double[] count(MultiDataSet data) {
        @Nullable INDArray[] masks = data.getLabelsMaskArrays();
        return IntStream.range(0, outputs.size())
                .mapToDouble(i -> outputs.get(i).count(divisor, data.getLabels(i), masks == null ? null : masks[i]))
                .toArray();
    }

    /**
     * Refuses a batch whose labels have no mask at an output that the features' mask reaches: there a loss of DL4J
     * would be masked, and the score of a graph would not.
     *
     * @throws IllegalArgumentException if there is such an output
     */
    public void requireLabelsMasks(MultiDataSet batch) {
        @Nullable INDArray[] featuresMasks = batch.getFeaturesMaskArrays();
        if (featuresMasks == null || Arrays.stream(featuresMasks).allMatch(Objects::isNull)) {
            return;
        }
        @Nullable INDArray[] masks = batch.getLabelsMaskArrays();
        List<Boolean> reached = new MaskPropagation(network).reachOutputs(batch.getFeaturesMaskArrays());
        for (int i = 0; i < reached.size(); i++) {
            if (reached.get(i) && (masks == null || masks[i] == null)) {
                throw new IllegalArgumentException(
                        "lossNormalization(" + divisor + ") counts by the masks of labels; labels["
                                + i + "] have none, but the mask of the features reaches output '"
                                + network.outputNames().get(i) + "': give the same mask for the labels");
            }
        }
        warnOfPadding(batch, masks);
    }

    /** DL4J's recurrent output layers are not handed the mask of the features. */
    private void warnOfPadding(MultiDataSet batch, @Nullable INDArray @Nullable [] masks) {
        for (int i = 0; !warned && i < outputs.size(); i++) {
            if (batch.getLabels(i).rank() > 2 && (masks == null || masks[i] == null)) {
                warned = true;
                log.warn(
                        "lossNormalization({}) counts every position of labels[{}], padding included: the features have"
                                + " a mask and these labels have none. Give the labels a mask, too, if they are padded."
                                + " This is said once",
                        divisor,
                        i);
            }
        }
    }

    /** Returns the number of outputs. */
    public int outputs() {
        return outputs.size();
    }

    /**
     * Tells whether losses must be scaled in each pass, before they are mixed: outputs have divisors of their own.
     * Otherwise the sum of all passes can be scaled.
     */
    public boolean scalesPasses() {
        return outputs.size() > 1;
    }

    /**
     * Returns by what the losses are multiplied.
     *
     * @param counts for each output; one where nothing counts is left out by the factor 0
     * @param examples number of examples of the window
     */
    public List<Double> factors(double[] counts, long examples) {
        double divided = dl4jsDivisor.applyAsLong(examples);
        return Arrays.stream(counts)
                .mapToObj(count -> count == 0 ? 0 : divided / count)
                .toList();
    }
}
