/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Copies between ND4J's arrays of FLOAT and libtorch's tensors. */
final class Tensors {

    private Tensors() {}

    /** A tensor with memory of its own, of the array's shape. */
    static Tensor copyOf(INDArray array) {
        try (FloatPointer values = new FloatPointer(array.dup('c').data().asFloat());
                Tensor view = torch.from_blob(values, array.shape())) {
            return view.clone();
        }
    }

    /** The elements, row by row. */
    static float[] values(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.numel())];
        try (Tensor ordered = tensor.contiguous()) {
            ordered.data_ptr_float().get(values);
        }
        return values;
    }
}
