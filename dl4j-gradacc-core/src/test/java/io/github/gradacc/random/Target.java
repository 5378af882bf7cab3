/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import io.github.gradacc.loss.LossBce;
import io.github.gradacc.loss.LossBceWithLogits;
import io.github.gradacc.loss.LossCosineEmbedding;
import io.github.gradacc.loss.LossCrossEntropy;
import io.github.gradacc.loss.LossGaussianNll;
import io.github.gradacc.loss.LossHingeEmbedding;
import io.github.gradacc.loss.LossHuber;
import io.github.gradacc.loss.LossMarginRanking;
import io.github.gradacc.loss.LossMultiLabelSoftMargin;
import io.github.gradacc.loss.LossMultiMargin;
import io.github.gradacc.loss.LossSmoothL1;
import io.github.gradacc.loss.LossSoftMargin;
import io.github.gradacc.loss.LossTripletMargin;
import io.github.gradacc.loss.Reduction;
import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossCosineProximity;
import org.nd4j.linalg.lossfunctions.impl.LossHinge;
import org.nd4j.linalg.lossfunctions.impl.LossKLD;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.lossfunctions.impl.LossPoisson;
import org.nd4j.linalg.lossfunctions.impl.LossSparseMCXENT;

/** An output layer: a loss of DL4J's or of the library's, its activation, and labels that suit it. */
@SuppressWarnings("ImmutableEnumChecker") // functions without a state
enum Target {
    MSE(LossMSE::new, Activation.TANH, 3, Labels.NORMAL),
    MAE(LossMAE::new, Activation.IDENTITY, 3, Labels.NORMAL),
    MCXENT(LossMCXENT::new, Activation.SOFTMAX, 3, Labels.ONE_HOT),
    SPARSE_MCXENT(LossSparseMCXENT::new, Activation.SOFTMAX, 3, Labels.CLASS),
    XENT(LossBinaryXENT::new, Activation.SIGMOID, 3, Labels.BITS),
    KLD(LossKLD::new, Activation.SOFTMAX, 3, Labels.UNIT),
    POISSON(LossPoisson::new, Activation.SOFTPLUS, 3, Labels.UNIT),
    HINGE(LossHinge::new, Activation.TANH, 3, Labels.SIGNS),
    COSINE(LossCosineProximity::new, Activation.IDENTITY, 3, Labels.NORMAL),
    CROSS_ENTROPY(
            () -> new LossCrossEntropy().withWeight(0.5, 2, 1.25).withLabelSmoothing(0.1),
            Activation.IDENTITY,
            3,
            Labels.CLASS),
    CROSS_ENTROPY_IGNORING(() -> new LossCrossEntropy().withIgnoreIndex(1), Activation.IDENTITY, 3, Labels.CLASS),
    BCE(LossBce::new, Activation.SIGMOID, 3, Labels.BITS),
    BCE_WITH_LOGITS(() -> new LossBceWithLogits().withPosWeight(3, 0.5, 1), Activation.IDENTITY, 3, Labels.BITS),
    SMOOTH_L1(() -> new LossSmoothL1().withBeta(0.4), Activation.IDENTITY, 3, Labels.NORMAL),
    HUBER(() -> new LossHuber().withReduction(Reduction.SUM), Activation.IDENTITY, 3, Labels.NORMAL),
    SOFT_MARGIN(LossSoftMargin::new, Activation.IDENTITY, 3, Labels.SIGNS),
    GAUSSIAN_NLL(LossGaussianNll::new, Activation.SOFTPLUS, 6, Labels.NORMAL),
    MULTI_MARGIN(LossMultiMargin::new, Activation.IDENTITY, 3, Labels.CLASS),
    MULTI_LABEL(LossMultiLabelSoftMargin::new, Activation.IDENTITY, 3, Labels.BITS),
    HINGE_EMBEDDING(LossHingeEmbedding::new, Activation.TANH, 3, Labels.SIGNS),
    MARGIN_RANKING(LossMarginRanking::new, Activation.IDENTITY, 2, Labels.SIGN),
    COSINE_EMBEDDING(LossCosineEmbedding::new, Activation.IDENTITY, 6, Labels.SIGN),
    TRIPLET(LossTripletMargin::new, Activation.IDENTITY, 9, Labels.SIGN);

    private final Supplier<ILossFunction> loss;
    private final Activation activation;
    private final int outputs;
    private final Labels labels;

    Target(Supplier<ILossFunction> loss, Activation activation, int outputs, Labels labels) {
        this.loss = loss;
        this.activation = activation;
        this.outputs = outputs;
        this.labels = labels;
    }

    Labels labels() {
        return labels;
    }

    Layer rows() {
        return new OutputLayer.Builder(loss.get())
                .nOut(outputs)
                .activation(activation)
                .build();
    }

    Layer sequences() {
        return new RnnOutputLayer.Builder(loss.get())
                .nOut(outputs)
                .activation(activation)
                .build();
    }
}
