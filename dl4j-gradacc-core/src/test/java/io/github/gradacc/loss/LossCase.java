/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import static org.nd4j.linalg.activations.Activation.CUBE;
import static org.nd4j.linalg.activations.Activation.ELU;
import static org.nd4j.linalg.activations.Activation.IDENTITY;
import static org.nd4j.linalg.activations.Activation.RATIONALTANH;
import static org.nd4j.linalg.activations.Activation.SIGMOID;
import static org.nd4j.linalg.activations.Activation.SOFTMAX;
import static org.nd4j.linalg.activations.Activation.SOFTPLUS;
import static org.nd4j.linalg.activations.Activation.SOFTSIGN;
import static org.nd4j.linalg.activations.Activation.TANH;

import io.github.gradacc.testing.Batches.Maker;
import io.github.gradacc.testing.Data;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * A loss for a row of outputs, labels that suit it, and the activation functions that it allows: of the smooth ones
 * that DL4J's gradient check accepts.
 */
record LossCase(ILossFunction loss, int outputs, Maker labels, List<Activation> activations) {

    /** What every output may be. */
    private static final List<Activation> ANY =
            List.of(IDENTITY, TANH, SIGMOID, SOFTMAX, SOFTPLUS, SOFTSIGN, ELU, CUBE, RATIONALTANH);

    private static final Maker CLASSES = (data, n) -> data.indices(3, n, 1);
    private static final Maker ONE_HOT = (data, n) -> data.oneHot(n, 3);
    private static final Maker PROBABILITIES = (data, n) -> probabilities(data, n, 3);
    private static final Maker UNIT = (data, n) -> data.unit(n, 3);
    private static final Maker BITS = (data, n) -> data.indices(2, n, 3);
    private static final Maker SIGNS = (data, n) -> data.signs(n, 3);
    private static final Maker SIGN = (data, n) -> data.signs(n, 1);
    private static final Maker NORMAL = (data, n) -> data.normal(n, 3);
    private static final Maker COUNTS = (data, n) -> data.indices(4, n, 3);

    /** Every loss whose rows are examples: all but CTC. */
    static Stream<LossCase> all() {
        return Stream.of(
                logits(new LossCrossEntropy(), CLASSES),
                logits(new LossCrossEntropy().withWeight(0.5, 2, 1.25).withLabelSmoothing(0.1), CLASSES),
                logits(new LossCrossEntropy().withIgnoreIndex(1), CLASSES),
                logits(new LossCrossEntropy(), ONE_HOT),
                logits(new LossCrossEntropy().withWeight(0.5, 2, 1.25).withLabelSmoothing(0.1), PROBABILITIES),
                logits(new LossNll(), CLASSES),
                logits(new LossNll().withWeight(0.5, 2, 1.25).withIgnoreIndex(2), CLASSES),
                new LossCase(new LossBce(), 3, BITS, List.of(SIGMOID, SOFTMAX)),
                new LossCase(
                        new LossBce().withWeight(0.5, 2, 1.25).withReduction(Reduction.SUM),
                        3,
                        UNIT,
                        List.of(SIGMOID, SOFTMAX)),
                new LossCase(new LossBceWithLogits(), 3, BITS, allBut(SIGMOID)),
                new LossCase(
                        new LossBceWithLogits()
                                .withWeight(0.5, 2, 1.25)
                                .withPosWeight(3, 0.5, 1)
                                .withReduction(Reduction.SUM),
                        3,
                        UNIT,
                        allBut(SIGMOID)),
                any(new LossSmoothL1(), NORMAL),
                any(new LossSmoothL1().withBeta(0.4).withReduction(Reduction.SUM), NORMAL),
                any(new LossSmoothL1().withBeta(0), NORMAL),
                any(new LossHuber(), NORMAL),
                any(new LossHuber().withDelta(0.4).withReduction(Reduction.SUM), NORMAL),
                any(new LossSoftMargin(), SIGNS),
                any(new LossSoftMargin().withReduction(Reduction.SUM), SIGNS),
                any(new LossPoissonNll(), COUNTS),
                new LossCase(
                        new LossPoissonNll()
                                .withLogInput(false)
                                .withFull(true)
                                .withEps(1e-3)
                                .withReduction(Reduction.SUM),
                        3,
                        COUNTS,
                        List.of(SIGMOID, SOFTMAX, SOFTPLUS)),
                new LossCase(new LossGaussianNll(), 6, NORMAL, List.of(SIGMOID, SOFTMAX, SOFTPLUS)),
                new LossCase(
                        new LossGaussianNll().withFull(true).withEps(1e-3).withReduction(Reduction.SUM),
                        6,
                        NORMAL,
                        List.of(SIGMOID, SOFTPLUS)),
                logits(new LossKlDiv(), PROBABILITIES),
                logits(
                        new LossKlDiv().withLogTarget(true).withReduction(Reduction.SUM),
                        (data, n) -> Transforms.log(probabilities(data, n, 3))),
                new LossCase(new LossMarginRanking(), 2, SIGN, ANY),
                new LossCase(new LossMarginRanking().withMargin(0.5), 2, SIGN, ANY),
                any(new LossHingeEmbedding(), SIGNS),
                any(new LossHingeEmbedding().withMargin(0.5).withReduction(Reduction.SUM), SIGNS),
                new LossCase(new LossCosineEmbedding(), 6, SIGN, ANY),
                new LossCase(new LossCosineEmbedding().withMargin(-0.25), 6, SIGN, ANY),
                new LossCase(new LossTripletMargin(), 9, SIGN, ANY),
                new LossCase(
                        new LossTripletMargin()
                                .withP(3)
                                .withEps(1e-3)
                                .withSwap(true)
                                .withMargin(2),
                        9,
                        SIGN,
                        ANY),
                new LossCase(new LossTripletMargin().withP(1), 9, SIGN, ANY),
                any(new LossMultiMargin(), CLASSES),
                any(new LossMultiMargin().withP(2).withMargin(0.5).withWeight(0.5, 2, 1.25), ONE_HOT),
                any(new LossMultiLabelMargin(), (data, n) -> someClasses(data, n)),
                new LossCase(new LossMultiLabelSoftMargin(), 3, BITS, allBut(SIGMOID)),
                new LossCase(new LossMultiLabelSoftMargin().withWeight(0.5, 2, 1.25), 3, UNIT, allBut(SIGMOID)));
    }

    private static LossCase any(ILossFunction loss, Maker labels) {
        return new LossCase(loss, 3, labels, ANY);
    }

    private static LossCase logits(ILossFunction loss, Maker labels) {
        return new LossCase(loss, 3, labels, allBut(SOFTMAX));
    }

    private static List<Activation> allBut(Activation refused) {
        return ANY.stream().filter(it -> it != refused).toList();
    }

    /** Rows that sum to 1. */
    static INDArray probabilities(Data data, int examples, int classes) {
        INDArray rows = data.unit(examples, classes);
        return rows.diviColumnVector(rows.sum(true, 1));
    }

    /** None, one or two classes of three. */
    private static INDArray someClasses(Data data, int examples) {
        double[][] sets = {{-1, 0, 0}, {2, -1, 1}, {0, 2, -1}, {1, 0, -1}};
        INDArray chosen = data.indices(sets.length, examples);
        return Nd4j.createFromArray(Arrays.stream(chosen.toIntVector())
                        .mapToObj(i -> sets[i])
                        .toArray(double[][]::new))
                .castTo(chosen.dataType());
    }

    /** A call with random labels and output. */
    Given given(int examples) {
        Data data = new Data(5, DataType.DOUBLE);
        return new Given(
                loss,
                labels.make(data, examples),
                data.normal(examples, outputs),
                activations.get(0).getActivationFunction(),
                null);
    }

    @Override
    public String toString() {
        return loss.toString();
    }
}
