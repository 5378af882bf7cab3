/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Subtracts from the gradient of each output's weights their mean (Yong, Huang, Hua and Zhang 2020, "Gradient
 * centralization", arXiv 2004.01461, equation 1), so that it is 0.
 *
 * <p>Biases and the like are left as they are, and so are weights that a layer keeps in a layout of its own (attention,
 * capsules, depthwise and locally connected convolutions, embeddings, 3-D deconvolution, the recurrent weights of
 * {@code GravesLSTM}). The columns of a recurrent
 * layer's matrices are its outputs, gate by gate.
 */
public record GradientCentralization() implements GradientTransform {

    @Override
    public void apply(WindowGradient gradient) {
        gradient.parameters()
                .forEach(parameter -> parameter.outputAxis().ifPresent(axis -> center(parameter.gradient(), axis)));
    }

    private static void center(INDArray g, int outputAxis) {
        int[] inputs =
                IntStream.range(0, g.rank()).filter(axis -> axis != outputAxis).toArray();
        g.subi(g.mean(true, inputs));
    }
}
