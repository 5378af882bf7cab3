/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import io.github.gradacc.examples.benchmarks.TorchParameter.Layout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRef;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A network of {@link Workload} in libtorch, from parameters that DL4J made. Its layers are the functions that the
 * modules of libtorch call.
 */
final class TorchNetwork {

    /** The batch's share in a running mean; 1 less DL4J's decay. */
    private static final double MOMENTUM = 0.1;

    private static final double EPSILON = 1e-5;
    private static final long[] ONE = {1, 1};

    /** A layer, or several. */
    @FunctionalInterface
    private interface Function {
        Tensor apply(Tensor input);
    }

    private final Map<String, INDArray> start;
    private final List<TorchParameter> parameters = new ArrayList<>();
    private final Function forward;

    /**
     * Makes the network.
     *
     * @param start DL4J's parameters, copied
     * @throws IllegalArgumentException if the workload is not built here
     */
    TorchNetwork(Workload workload, Map<String, INDArray> start) {
        this.start = start;
        forward = switch (workload) {
            case MLP -> inOrder(dense("0"), torch::relu, dense("1"), torch::relu, dense("2"), torch::relu, dense("3"));
            case LENET ->
                inOrder(
                        convolution("0"),
                        TorchNetwork::pooled,
                        convolution("2"),
                        TorchNetwork::pooled,
                        pictures -> torch.flatten(pictures, 1, -1),
                        dense("4"),
                        torch::relu,
                        dense("5"));
            case RESNET ->
                inOrder(
                        normalized("stem", 1, 1),
                        torch::relu,
                        block("a", 1, input -> input),
                        block("b", 2, normalized("b-around", 2, 0)),
                        block("c", 1, input -> input),
                        pictures -> pictures.mean(2, 3),
                        dense("out"));
            case LSTM_WHOLE -> inOrder(lstm("0"), dense("1"));
            default -> throw new IllegalArgumentException(workload + " is not built with libtorch");
        };
    }

    /** All parameters that have a gradient. */
    List<TorchParameter> parameters() {
        return parameters;
    }

    /**
     * The outputs before softmax.
     *
     * @param features as {@link TorchBatch} holds them
     * @return [rows, classes]
     */
    Tensor outputs(Tensor features) {
        return forward.apply(features);
    }

    private static Function inOrder(Function... layers) {
        return input -> {
            Tensor output = input;
            for (Function layer : layers) {
                output = layer.apply(output);
            }
            return output;
        };
    }

    private Function dense(String layer) {
        Tensor weights = parameter(layer + "_W", Layout.TRANSPOSED);
        TensorOptional bias = new TensorOptional(parameter(layer + "_b", Layout.SAME));
        return input -> torch.linear(input, weights, bias);
    }

    private Function convolution(String layer) {
        TensorOptional bias = new TensorOptional(parameter(layer + "_b", Layout.SAME));
        return convolution(layer, bias, 1, 0);
    }

    private Function convolution(String layer, TensorOptional bias, long stride, long padding) {
        Tensor weights = parameter(layer + "_W", Layout.SAME);
        long[] strides = {stride, stride};
        long[] paddings = {padding, padding};
        return input -> torch.conv2d(input, weights, bias, strides, paddings, ONE, 1);
    }

    /** A convolution without bias, and its batch normalization. */
    private Function normalized(String layer, long stride, long padding) {
        Function convolution = convolution(layer, new TensorOptional(), stride, padding);
        String norm = layer + "-norm";
        TensorOptional gamma = new TensorOptional(parameter(norm + "_gamma", Layout.SAME));
        TensorOptional beta = new TensorOptional(parameter(norm + "_beta", Layout.SAME));
        long channels = array(norm + "_gamma").length();
        TensorOptional mean = new TensorOptional(torch.zeros(channels));
        TensorOptional variance = new TensorOptional(torch.ones(channels));
        return input ->
                torch.batch_norm(convolution.apply(input), gamma, beta, mean, variance, true, MOMENTUM, EPSILON, false);
    }

    private Function block(String name, long stride, Function around) {
        Function through = inOrder(normalized(name + "-1", stride, 1), torch::relu, normalized(name + "-2", 1, 1));
        return input -> torch.relu(through.apply(input).add(around.apply(input)));
    }

    /** Takes [steps, examples, features] and returns [steps x examples, units]. */
    private Function lstm(String layer) {
        Tensor input = parameter(layer + "_W", Layout.GATES);
        Tensor recurrent = parameter(layer + "_RW", Layout.GATES);
        Tensor bias = parameter(layer + "_b", Layout.GATES);
        // libtorch wants a second bias: it stays zero.
        long units = recurrent.size(1);
        Tensor none = torch.zeros(bias.numel());
        TensorVector weights = new TensorVector(input, recurrent, bias, none);
        return sequences -> {
            Tensor zeros = torch.zeros(1, sequences.size(1), units);
            TensorVector state = new TensorVector(zeros, zeros);
            return torch.lstm(
                            sequences,
                            new TensorArrayRef(state),
                            new TensorArrayRef(weights),
                            true,
                            1,
                            0,
                            true,
                            false,
                            false)
                    .get0()
                    .reshape(-1, units);
        };
    }

    private static Tensor pooled(Tensor pictures) {
        long[] size = {2, 2};
        return torch.max_pool2d(pictures, size, size, new long[] {0, 0}, ONE, false);
    }

    private Tensor parameter(String name, Layout layout) {
        TorchParameter made = TorchParameter.of(name, layout, array(name));
        parameters.add(made);
        return made.tensor();
    }

    private INDArray array(String name) {
        return Objects.requireNonNull(
                start.get(name), () -> "DL4J's network has no parameter " + name + ", but " + start.keySet());
    }
}
