/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;

/** What happens to the gradient of a window. */
record Rules(Rule rule, Penalty penalty, GradientNormalization clipping, boolean miniBatch) {

    /** Far below the norms and values of gradients that are summed, so that clipping before the division shows. */
    private static final double THRESHOLD = 0.05;

    /** Regularization. */
    enum Penalty {
        NONE,
        L1,
        L2,
        WEIGHT_DECAY,
        BIASES,
        ALL
    }

    NeuralNetConfiguration.Builder apply(NeuralNetConfiguration.Builder settings) {
        settings.updater(rule.updater())
                .miniBatch(miniBatch)
                .gradientNormalization(clipping)
                .gradientNormalizationThreshold(THRESHOLD);
        return switch (penalty) {
            case NONE -> settings;
            case L1 -> settings.l1(0.01);
            case L2 -> settings.l2(0.02);
            case WEIGHT_DECAY -> settings.weightDecay(0.05);
            case BIASES -> settings.l2Bias(0.02).weightDecayBias(0.05);
            case ALL -> settings.l1(0.01).l2(0.02).l1Bias(0.01).weightDecay(0.05);
        };
    }

    /** Rules that are simpler by one thing. */
    Stream<Rules> simpler() {
        return Stream.of(
                        new Rules(Rule.SGD, penalty, clipping, miniBatch),
                        new Rules(rule, Penalty.NONE, clipping, miniBatch),
                        new Rules(rule, penalty, GradientNormalization.None, miniBatch),
                        new Rules(rule, penalty, clipping, true))
                .filter(it -> !it.equals(this));
    }
}
