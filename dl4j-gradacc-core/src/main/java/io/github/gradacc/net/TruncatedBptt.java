/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import java.util.Arrays;
import java.util.OptionalInt;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.layers.recurrent.BidirectionalLayer;
import org.deeplearning4j.nn.layers.recurrent.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * What truncated backpropagation through time asks of networks and batches. Where native training logs a line and goes on
 * without a step, or cuts along the wrong dimension, there is an error here.
 */
final class TruncatedBptt {

    private static final int SEQUENCE_RANK = 3;
    private static final int TIME = 2;

    private TruncatedBptt() {}

    static OptionalInt segmentLength(BackpropType type, int forwardLength) {
        return type == BackpropType.TruncatedBPTT ? OptionalInt.of(forwardLength) : OptionalInt.empty();
    }

    /** @throws IllegalStateException if a layer cannot carry its state from segment to segment */
    static void requireCarryingLayers(Layer[] layers) {
        for (Layer outer : layers) {
            Layer layer = unwrapped(outer);
            String name = layer.conf().getLayer().getLayerName();
            String which = "Layer " + (name == null ? layer.getIndex() : "'" + name + "'") + ", a "
                    + layer.conf().getLayer().getClass().getSimpleName() + ",";
            if (layer instanceof BidirectionalLayer || layer instanceof GravesBidirectionalLSTM) {
                throw new IllegalStateException(
                        which + " reads sequences from their end, which truncated BPTT has not seen"
                                + " yet: DL4J cannot train it so. Use backpropType(BackpropType.Standard) or layers of one"
                                + " direction");
            }
            if (hasTimeSecond(layer.conf().getLayer())) {
                throw new IllegalStateException(
                        which + " has the data format NWC, but in truncated BPTT DL4J cuts sequences"
                                + " along their last dimension: use RNNFormat.NCW, shape [examples, values, time]");
            }
        }
    }

    /** The layer inside a wrapper (of a frozen layer, for example), or the layer itself. */
    static Layer unwrapped(Layer layer) {
        return layer instanceof BaseWrapperLayer wrapper ? wrapper.getUnderlying() : layer;
    }

    private static boolean hasTimeSecond(org.deeplearning4j.nn.conf.layers.Layer layer) {
        return (layer instanceof BaseRecurrentLayer recurrent && recurrent.getRnnDataFormat() == RNNFormat.NWC)
                || (layer instanceof RnnOutputLayer output && output.getRnnDataFormat() == RNNFormat.NWC)
                || (layer instanceof RnnLossLayer loss && loss.getRnnDataFormat() == RNNFormat.NWC);
    }

    /** @throws IllegalArgumentException if the features are not a sequence; a graph may have inputs without time */
    static void requireFeatureSequence(MultiDataSet batch) {
        requireSequence("features", batch.getFeatures(0));
    }

    private static void requireSequence(String what, INDArray array) {
        if (array.rank() != SEQUENCE_RANK) {
            throw new IllegalArgumentException(
                    "In truncated BPTT features and labels are sequences, shape [examples, values,"
                            + " time]; the " + what + " have shape " + Arrays.toString(array.shape())
                            + ": give a label for each time step (masked where there is none), or use"
                            + " backpropType(BackpropType.Standard)");
        }
    }

    /**
     * Checks that the labels of a batch are sequences, and that all its sequences and their masks have the same length.
     *
     * @throws IllegalArgumentException if they are not, or have not
     */
    static void requireFits(MultiDataSet batch) {
        for (INDArray labels : batch.getLabels()) {
            requireSequence("labels", labels);
        }
        long steps = -1;
        for (INDArray[] arrays : new INDArray[][] {batch.getFeatures(), batch.getLabels()}) {
            for (INDArray array : arrays) {
                if (array.rank() == SEQUENCE_RANK) {
                    steps = same("sequences", steps, array.size(TIME), array);
                }
            }
        }
        requireMasks(steps, batch.getFeaturesMaskArrays());
        requireMasks(steps, batch.getLabelsMaskArrays());
    }

    private static void requireMasks(long steps, @Nullable INDArray @Nullable [] masks) {
        if (masks == null) {
            return;
        }
        for (INDArray mask : masks) {
            if (mask != null && mask.rank() != 2) {
                throw new IllegalArgumentException(
                        "In truncated BPTT masks are cut along time, their shape is [examples," + " time]; got "
                                + Arrays.toString(mask.shape()));
            }
            if (mask != null) {
                same("sequences and their masks", steps, mask.size(1), mask);
            }
        }
    }

    private static long same(String what, long expected, long steps, INDArray array) {
        if (expected >= 0 && expected != steps) {
            throw new IllegalArgumentException(
                    "In truncated BPTT all " + what + " of a batch have the same number of time"
                            + " steps: " + expected + " and " + steps + " (shape " + Arrays.toString(array.shape())
                            + ") do not fit; pad the shorter ones and mask the padding");
        }
        return steps;
    }
}
