/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.BaseActivationFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Turns logits into log-probabilities, which DL4J has no activation function for. For each row of logits z
 *
 * <pre>
 *   y[i] = z[i] - log sum_j exp(z[j])
 *   d loss / d z[i] = e[i] - softmax(z)[i] sum_j e[j],    e = d loss / d y
 * </pre>
 *
 * <p>An activation function, and not a {@code SameDiffLambdaLayer}: in DL4J 1.0.0-M2.1 the gradient behind such a layer
 * is twice what it should be.
 */
public final class LogSoftmax extends BaseActivationFunction {

    private static final long serialVersionUID = 1;

    /** Changes {@code in}, shape [n, classes], as DL4J's own activation functions do. */
    @Override
    public INDArray getActivation(INDArray in, boolean training) {
        // The largest logit is taken away first, so that no exponential overflows.
        in.subiColumnVector(in.max(true, 1));
        return in.subiColumnVector(Transforms.log(Transforms.exp(in, true).sum(true, 1), false));
    }

    @Override
    public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
        assertShape(in, epsilon);
        INDArray softmax = Transforms.softmax(in, true);
        INDArray gradient = epsilon.sub(softmax.muliColumnVector(epsilon.sum(true, 1)));
        return new Pair<>(in.assign(gradient), null);
    }

    @Override
    public String toString() {
        return "logsoftmax";
    }
}
