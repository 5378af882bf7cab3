/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;
import org.nd4j.shade.jackson.annotation.JsonSetter;
import org.nd4j.shade.jackson.annotation.Nulls;

/**
 * Squares of small differences, multiples of large ones: {@code torch.nn.HuberLoss} (Huber 1964, "Robust estimation of
 * a location parameter").
 *
 * <p>For each output x with label t, and {@code d = x - t},
 *
 * <pre>
 *   term       = d^2 / 2   if |d| &lt; delta,   delta (|d| - delta / 2)   otherwise
 *   d term / d x = d         if |d| &lt; delta,   delta sign(d)             otherwise
 * </pre>
 *
 * <p><b>Output and labels:</b> [n, k], any finite numbers.
 *
 * <p><b>Mean or sum:</b> a row's k terms are divided by k (MEAN) or 1 (SUM), also if it has a mask; DL4J divides by the
 * number of examples. So the score of a batch is torch's {@code mean}.
 *
 * @param delta where squares end, finite and above 0
 * @param reduction of a row's terms
 */
public record LossHuber(
        @JsonProperty(value = "delta", required = true) @JsonSetter(nulls = Nulls.FAIL)
        double delta,

        @JsonProperty(value = "reduction", required = true) @JsonSetter(nulls = Nulls.FAIL)
        Reduction reduction)
        implements TorchLoss {

    /** Checks delta. */
    @JsonCreator
    public LossHuber {
        if (!(delta > 0 && delta < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("delta must be finite and above 0, got " + delta);
        }
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Delta 1, the mean. */
    public LossHuber() {
        this(1, Reduction.MEAN);
    }

    /** Returns a copy with this delta. */
    public LossHuber withDelta(double delta) {
        return new LossHuber(delta, reduction);
    }

    /** Returns a copy with this reduction of a row's terms. */
    public LossHuber withReduction(Reduction reduction) {
        return new LossHuber(delta, reduction);
    }

    /** With c the nearest to d in [-delta, delta], the term is {@code c (d - c / 2)}, its derivative c. */
    @Override
    public Terms terms(Examples examples) {
        INDArray t = examples.labels(LabelSet.FINITE, examples.columns());
        INDArray d = examples.output().sub(t);
        INDArray c = Clipped.of(d, delta);
        return Terms.perLabel(t, reduction, () -> d.sub(c.mul(0.5)).muli(c), c::dup);
    }
}
