/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Target sequences as labels of a recurrent output layer, which hands a loss all time steps of all examples as rows of
 * one matrix, time step after time step, and does not say how many examples there are.
 *
 * <p>Labels are [n, 2 + c, T]. Channel 0 is the number of the time step, from 1; channel 1 the number of all time steps
 * T; the others hold the target sequence, each token plus 1, in the order of time and then of channels, so that c is 1
 * unless a target is longer than T. What other time steps or channels are padded with is 0. So the number of examples
 * is that of the rows which are a first time step, examples may be taken apart and put together, and a sequence that
 * lacks its beginning or its end is noticed.
 */
final class CtcTargets {

    private static final int STEP = 0;
    private static final int STEPS = 1;
    private static final int FIRST_TOKEN = 2;

    private final Examples examples;
    private final double[] labels;
    private final int width;
    private final int count;

    private CtcTargets(Examples examples, double[] labels, int width, int count) {
        this.examples = examples;
        this.labels = labels;
        this.width = width;
        this.count = count;
    }

    /** Lays targets out, as FLOAT, which is exact for up to 16 million different tokens. */
    static INDArray encode(int[][] targets, int timeSteps) {
        if (targets.length == 0 || timeSteps < 1) {
            throw new IllegalArgumentException("There must be at least one target and one time step, got "
                    + targets.length + " targets and " + timeSteps + " time steps");
        }
        int longest = 1;
        for (int[] target : targets) {
            longest = Math.max(longest, target.length);
        }
        int channels = FIRST_TOKEN + (longest + timeSteps - 1) / timeSteps;
        float[] labels = new float[targets.length * channels * timeSteps];
        for (int example = 0; example < targets.length; example++) {
            int from = example * channels * timeSteps;
            for (int t = 0; t < timeSteps; t++) {
                labels[from + STEP * timeSteps + t] = t + 1;
                labels[from + STEPS * timeSteps + t] = timeSteps;
            }
            for (int i = 0; i < targets[example].length; i++) {
                int token = targets[example][i];
                if (token < 0) {
                    throw new IllegalArgumentException("A token is a class index, at least 0, got " + token
                            + " in target " + example + ", position " + i);
                }
                labels[from + FIRST_TOKEN * timeSteps + i] = token + 1;
            }
        }
        return Nd4j.createFromArray(labels).reshape('c', targets.length, channels, timeSteps);
    }

    /** Reads and checks the layout of labels; targets are checked when they are read. */
    static CtcTargets decode(Examples examples) {
        INDArray rows = examples.rawLabels();
        int width = (int) rows.size(1);
        if (width <= FIRST_TOKEN) {
            throw notOurs(examples, width + " channels");
        }
        double[] labels = Chunks.read(rows);
        if (labels[STEP] != 1) {
            throw examples.error("the labels begin at time step " + labels[STEP] + ". CTC needs whole sequences: do not"
                    + " use truncated BPTT, and make labels with LossCtc.labels(targets, timeSteps)");
        }
        int count = 0;
        while (count < rows.size(0) && labels[count * width + STEP] == 1) {
            count++;
        }
        if (rows.size(0) % count != 0) {
            throw notOurs(examples, rows.size(0) + " rows for " + count + " examples");
        }
        return new CtcTargets(examples, labels, width, count);
    }

    /** The number of examples. */
    int examples() {
        return count;
    }

    /** The number of time steps, padding included. */
    int timeSteps() {
        return labels.length / width / count;
    }

    /** The row of a time step of an example, in labels, output and mask. */
    int row(int example, int t) {
        return example + count * t;
    }

    /** The number of time steps of an example that are no padding: those that the mask lets count, or all labeled. */
    int inputLength(int example) {
        int labeledSteps = labeledSteps(example);
        int length = 0;
        for (int t = 0; t < timeSteps(); t++) {
            double weight = examples.maskAt(row(example, t), 0);
            boolean isCounted = examples.hasMask() ? weight == 1 : t < labeledSteps;
            if (examples.hasMask() && weight != 0 && (weight != 1 || length != t || t >= labeledSteps)) {
                throw examples.error("the mask of a sequence is 1 for its time steps and then 0, got " + weight
                        + " at time step " + t + " of example " + example + ", which has " + labeledSteps);
            }
            length += isCounted ? 1 : 0;
        }
        return length;
    }

    private int labeledSteps(int example) {
        int steps = (int) labels[example * width + STEPS];
        if (steps > timeSteps()) {
            throw examples.error("the labels of example " + example + " end at time step " + timeSteps() + " of "
                    + steps + ". CTC needs whole sequences: do not use truncated BPTT");
        }
        for (int t = 0; t < timeSteps(); t++) {
            double step = labels[row(example, t) * width + STEP];
            if (step != (t < steps ? t + 1 : 0)) {
                throw notOurs(examples, "time step " + step + " for " + (t + 1) + " in example " + example);
            }
        }
        return steps;
    }

    /** The tokens of an example. */
    int[] target(int example, int blank) {
        int steps = labeledSteps(example);
        int[] tokens = new int[(width - FIRST_TOKEN) * steps];
        for (int i = 0; i < tokens.length; i++) {
            double label = labels[row(example, i % steps) * width + FIRST_TOKEN + i / steps];
            if (label == 0) {
                return Arrays.copyOf(tokens, i);
            }
            tokens[i] = (int) label - 1;
            if (!(label >= 1 && label <= examples.columns()) || tokens[i] != label - 1 || tokens[i] == blank) {
                throw examples.error("a token is a whole number from 0 to " + (examples.columns() - 1)
                        + " that is not the blank " + blank + ", got " + (label - 1) + " in target " + example
                        + ", position " + i + ". Check the targets, or the number of outputs");
            }
        }
        return tokens;
    }

    private static IllegalArgumentException notOurs(Examples examples, String seen) {
        return examples.error("labels must be made with LossCtc.labels(targets, timeSteps), got " + seen);
    }
}
