/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/**
 * A micro-batch as libtorch takes it: copied before anything is timed, where DL4J cuts its views while the clock runs.
 *
 * @param features [examples, ...]; sequences are [steps, examples, features]
 * @param labels the class of each row of the outputs
 */
record TorchBatch(Tensor features, Tensor labels) {

    static TorchBatch of(DataSet data) {
        INDArray features = data.getFeatures();
        INDArray labels = data.getLabels();
        if (labels.rank() == 3) {
            // From [examples, features, steps] and [examples, classes, steps].
            features = features.permute(2, 0, 1);
            long rows = labels.size(0) * labels.size(2);
            labels = labels.permute(2, 0, 1).dup('c').reshape('c', false, rows, labels.size(1));
        }
        return new TorchBatch(
                Tensors.copyOf(features), torch.tensor(labels.argMax(1).toLongVector()));
    }
}
