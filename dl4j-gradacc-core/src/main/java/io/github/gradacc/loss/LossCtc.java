/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.Objects;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Connectionist temporal classification, for sequences whose targets are shorter and not aligned: {@code
 * torch.nn.CTCLoss} of the log-softmax of the output (Graves et al. 2006; {@link CtcAlignments} has the recursion).
 *
 * <p>For each sequence of T rows of logits with {@code p[t] = softmax(x[t])} and a target of L tokens,
 *
 * <pre>
 *   score = -log P(target) / max(L, 1),    P = sum over alignments of prod_t p[t][class of t]
 *   d score / d x[t][c] = (p[t][c] - P(class c at time t, given the target)) / max(L, 1)
 * </pre>
 *
 * <p>computed in log space and in DOUBLE. A target that has no alignment, as it needs L time steps and one more for
 * each token that equals its predecessor, has the score infinity and the gradient NaN, as in torch, which a trainer
 * refuses; with {@code zeroInfinity} both are 0.
 *
 * <p><b>Output:</b> logits [n, C, T] of {@code RnnOutputLayer} or {@code RnnLossLayer} with
 * {@code Activation.IDENTITY}; softmax is refused, as it would be taken twice. <b>Labels:</b>
 * {@link #labels(int[][], int)}. <b>Mask:</b> [n, T], 1 for the time steps of a sequence and then 0; without one, all
 * count. A sequence that is masked altogether has score and gradient 0. <b>Not for truncated BPTT:</b> a part of a
 * sequence is refused.
 *
 * <p><b>Mean or sum:</b> DL4J divides by the number of sequences, so the score of a batch is torch's {@code mean} with
 * MEAN. With SUM the scores are not divided by the lengths of their targets: torch's {@code none}. In
 * {@code computeScoreArray}, and before DL4J adds up a sequence's time steps, its score stands at its first one.
 *
 * @param blank the class that stands for no token, at least 0
 * @param zeroInfinity tells whether targets without an alignment count 0
 * @param reduction MEAN divides by the length of the target, SUM does not
 */
public record LossCtc(
        @JsonProperty(value = "blank", required = true) @JsonSetter(nulls = Nulls.FAIL)
        int blank,

        @JsonProperty(value = "zeroInfinity", required = true) @JsonSetter(nulls = Nulls.FAIL)
        boolean zeroInfinity,

        @JsonProperty(value = "reduction", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Reduction reduction)
        implements TorchLoss {

    /** Checks the blank. */
    @JsonCreator
    public LossCtc {
        if (blank < 0) {
            throw new IllegalArgumentException("blank must be a class index, at least 0, got " + blank);
        }
        Objects.requireNonNull(reduction, "reduction");
    }

    /** The blank is class 0, infinite scores stay, the mean. */
    public LossCtc() {
        this(0, false, Reduction.MEAN);
    }

    /** Returns a copy with this blank. */
    public LossCtc withBlank(int blank) {
        return new LossCtc(blank, zeroInfinity, reduction);
    }

    /** Returns a copy in which targets without an alignment count 0, or infinity. */
    public LossCtc withZeroInfinity(boolean zeroInfinity) {
        return new LossCtc(blank, zeroInfinity, reduction);
    }

    /** Returns a copy that divides by the length of the target, or not. */
    public LossCtc withReduction(Reduction reduction) {
        return new LossCtc(blank, zeroInfinity, reduction);
    }

    /**
     * Lays targets out as the labels of a recurrent output layer.
     *
     * @param targets the tokens of each example, class indices without the blank; of any lengths, also 0; copied
     * @param timeSteps the number of time steps T of the output
     * @return FLOAT labels [examples, 3, T], with more channels if a target is longer than T. For a layer in the
     *     format NWC exchange the last two dimensions
     * @throws IllegalArgumentException if there is no target, no time step, or a negative token
     */
    public static INDArray labels(int[][] targets, int timeSteps) {
        return CtcTargets.encode(targets, timeSteps);
    }

    @Override
    public Terms terms(Examples examples) {
        examples.refuse(
                ActivationSoftmax.class,
                "takes logits and would apply softmax a second time. Give the layer Activation.IDENTITY");
        if (blank >= examples.columns()) {
            throw examples.error("blank = " + blank + " is no class of an output with " + examples.columns());
        }
        CtcTargets targets = CtcTargets.decode(examples);
        return new Terms(1, 1, targets.timeSteps(), () -> values(examples, targets), () -> slopes(examples, targets));
    }

    private INDArray values(Examples examples, CtcTargets targets) {
        LogSoftmax softmax = LogSoftmax.of(examples.output().castTo(DataType.DOUBLE));
        double[] logarithms = Chunks.read(softmax.logarithms());
        double[] values = new double[(int) examples.rows()];
        forEach(examples, targets, logarithms, (example, rows, length, alignments) -> {
            double score = -alignments.logProbability();
            values[example] = score == Double.POSITIVE_INFINITY && zeroInfinity ? 0 : score / length;
        });
        return array(examples, values);
    }

    private INDArray slopes(Examples examples, CtcTargets targets) {
        LogSoftmax softmax = LogSoftmax.of(examples.output().castTo(DataType.DOUBLE));
        double[] logarithms = Chunks.read(softmax.logarithms());
        double[] probabilities = Chunks.read(softmax.probabilities());
        double[] slopes = new double[probabilities.length];
        int classes = (int) examples.columns();
        forEach(examples, targets, logarithms, (example, rows, length, alignments) -> {
            boolean isPossible = alignments.logProbability() > Double.NEGATIVE_INFINITY;
            if (!isPossible && zeroInfinity) {
                return;
            }
            for (int row : rows) {
                for (int i = row; i < row + classes; i++) {
                    slopes[i] = isPossible ? probabilities[i] / length : Double.NaN;
                }
            }
            if (isPossible) {
                alignments.subtractPosteriors(slopes, 1 / length);
            }
        });
        return array(examples, slopes);
    }

    /** Gets the alignments of an example, where its time steps begin, and by what its score is divided. */
    @FunctionalInterface
    private interface Action {
        void accept(int example, int[] rows, double length, CtcAlignments alignments);
    }

    private void forEach(Examples examples, CtcTargets targets, double[] logarithms, Action action) {
        for (int example = 0; example < targets.examples(); example++) {
            int[] rows = new int[targets.inputLength(example)];
            for (int t = 0; t < rows.length; t++) {
                rows[t] = targets.row(example, t) * (int) examples.columns();
            }
            if (rows.length > 0) {
                int[] target = targets.target(example, blank);
                action.accept(
                        example,
                        rows,
                        reduction.divisor(Math.max(1, target.length)),
                        new CtcAlignments(logarithms, rows, target, blank));
            }
        }
    }

    private static INDArray array(Examples examples, double[] values) {
        return Nd4j.createFromArray(values)
                .reshape(examples.rows(), values.length / examples.rows())
                .castTo(examples.output().dataType());
    }
}
