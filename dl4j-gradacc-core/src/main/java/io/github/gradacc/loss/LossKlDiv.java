/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.Objects;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Kullback-Leibler divergence of the labels' distribution from the output's: {@code torch.nn.KLDivLoss}.
 *
 * <p>For each log-probability x with label t,
 *
 * <pre>
 *   probabilities: term = t (log t - x), 0 where t = 0,   d term / d x = -t
 *   logTarget:     term = e^t (t - x),                    d term / d x = -e^t
 * </pre>
 *
 * <p><b>Output:</b> log-probabilities [n, C], from a layer that computes them; they are not checked. Softmax is
 * refused, as it gives probabilities. <b>Labels:</b> [n, C] from 0 to 1; or their logarithms, finite and at most 0.
 * Rows need not sum to 1.
 *
 * <p><b>Mean or sum:</b> a row's C terms are divided by C (MEAN) or 1 (SUM), also if it has a mask; DL4J divides by the
 * number of examples. So the score of a batch is torch's {@code mean} with MEAN, and torch's {@code batchmean}, which
 * is the divergence, with SUM.
 *
 * @param logTarget tells whether labels are logarithms
 * @param reduction of a row's terms
 */
public record LossKlDiv(
        @JsonProperty(value = "logTarget", required = true) @JsonSetter(nulls = Nulls.FAIL)
        boolean logTarget,

        @JsonProperty(value = "reduction", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Reduction reduction)
        implements TorchLoss {

    /** Checks the numbers. */
    @JsonCreator
    public LossKlDiv {
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Labels are probabilities, the mean. */
    public LossKlDiv() {
        this(false, Reduction.MEAN);
    }

    /** Returns a copy whose labels are logarithms of probabilities, or probabilities. */
    public LossKlDiv withLogTarget(boolean logTarget) {
        return new LossKlDiv(logTarget, reduction);
    }

    /** Returns a copy with this reduction of a row's terms. */
    public LossKlDiv withReduction(Reduction reduction) {
        return new LossKlDiv(logTarget, reduction);
    }

    @Override
    public Terms terms(Examples examples) {
        examples.refuse(ActivationSoftmax.class, "takes log-probabilities, which softmax does not give");
        INDArray x = examples.output();
        INDArray t = examples.labels(logTarget ? LabelSet.LOGARITHMS : LabelSet.UNIT, x.size(1));
        INDArray p = logTarget ? Transforms.exp(t, true) : t;
        return Terms.perLabel(t, reduction, () -> logarithms(t).subi(x).muli(p), p::neg);
    }

    /** The logarithms of the labels, a new array; where a label is 0, any finite number will do. */
    private INDArray logarithms(INDArray t) {
        return logTarget ? t.dup() : Transforms.log(Transforms.max(t, Float.MIN_NORMAL, true), false);
    }
}
