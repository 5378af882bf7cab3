/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import org.bytedeco.pytorch.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A parameter of a network in libtorch, and how it lies in DL4J.
 *
 * @param name its name in DL4J
 * @param layout how its elements are reordered
 * @param tensor the parameter in libtorch, which collects its gradient
 */
record TorchParameter(String name, Layout layout, Tensor tensor) {

    /** Orders of elements in DL4J, as they become those of libtorch. */
    enum Layout {

        /** Convolution [out, in, height, width], and vectors, which are [1, n] in DL4J. */
        SAME {
            @Override
            INDArray toTorch(INDArray array) {
                return array.rank() == 2 ? array.reshape('c', false, array.length()) : array;
            }
        },

        /** Dense weights: [in, out] becomes [out, in]. */
        TRANSPOSED {
            @Override
            INDArray toTorch(INDArray array) {
                return array.transpose();
            }
        },

        /**
         * Weights of an LSTM, [in, 4 n] become [4 n, in], and its bias, [4 n]: DL4J's gates are candidate, forget,
         * output and input, those of libtorch input, forget, candidate and output.
         */
        GATES {
            @Override
            INDArray toTorch(INDArray array) {
                INDArray rows = array.rank() == 1 ? array : array.transpose();
                long ofAGate = array.length() / GATES_IN_DL4J.length;
                INDArray gates = rows.dup('c').reshape('c', false, GATES_IN_DL4J.length, ofAGate);
                INDArray ordered = gates.ulike();
                for (int i = 0; i < GATES_IN_DL4J.length; i++) {
                    ordered.putRow(i, gates.getRow(GATES_IN_DL4J[i]));
                }
                return ordered.reshape('c', false, rows.shape());
            }
        };

        /** The number that each of libtorch's gates has in DL4J. */
        private static final int[] GATES_IN_DL4J = {3, 1, 0, 2};

        /** A parameter of DL4J's, or its gradient, in libtorch's shape; a copy or a view. */
        abstract INDArray toTorch(INDArray array);
    }

    /** Makes a parameter of a copy of DL4J's. */
    static TorchParameter of(String name, Layout layout, INDArray array) {
        Tensor tensor = Tensors.copyOf(layout.toTorch(array));
        tensor.requires_grad_(true);
        return new TorchParameter(name, layout, tensor);
    }

    /** The gradient that libtorch has collected, in libtorch's order of elements. */
    float[] gradient() {
        return Tensors.values(tensor.grad());
    }

    /** A gradient of DL4J's in libtorch's order of elements. */
    float[] reordered(INDArray gradientInDl4j) {
        return layout.toTorch(gradientInDl4j).dup('c').data().asFloat();
    }
}
