/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Gradient accumulation as it is written with libtorch: for each micro-batch a forward pass, and a backward pass of its
 * loss times its share of the examples, then a step of Adam. The loss that is divided is a sum over rows, so that this
 * share is a division by the examples of the window; a sum over time steps is what DL4J divides, too.
 */
final class TorchAccumulation implements Way.Work {

    /** Names no class. */
    private static final long IGNORED = -100;

    private final TorchNetwork network;
    private final List<TorchBatch> microBatches;
    private final Scalar share;
    private final TensorOptional unweighted = new TensorOptional();
    private final Adam optimizer;

    /**
     * Copies the data.
     *
     * @param network belongs to this object from now on
     * @param microBatches all that a window has
     * @param rate the learning rate; the rest of Adam's settings are the same in both libraries
     */
    TorchAccumulation(TorchNetwork network, List<DataSet> microBatches, double rate) {
        this.network = network;
        this.microBatches = microBatches.stream().map(TorchBatch::of).toList();
        share = new Scalar(
                1.0 / microBatches.stream().mapToInt(DataSet::numExamples).sum());
        Tensor[] tensors =
                network.parameters().stream().map(TorchParameter::tensor).toArray(Tensor[]::new);
        optimizer = new Adam(new TensorVector(tensors), new AdamOptions(rate));
    }

    @Override
    public void run() {
        accumulate();
        try (PointerScope scope = scope()) {
            optimizer.step();
        }
    }

    /** All but the step: leaves the gradient of the window in the parameters, and returns its loss. */
    double accumulate() {
        optimizer.zero_grad();
        double loss = 0;
        for (TorchBatch microBatch : microBatches) {
            loss += pass(microBatch);
        }
        return loss;
    }

    /** Frees what it makes at once, and not when the collector comes. */
    private double pass(TorchBatch microBatch) {
        try (PointerScope scope = scope()) {
            Tensor loss = torch.cross_entropy_loss(
                            network.outputs(microBatch.features()),
                            microBatch.labels(),
                            unweighted,
                            torch.Reduction.Sum.value,
                            IGNORED,
                            0)
                    .mul(share);
            loss.backward();
            return loss.item_float();
        }
    }

    /** For pointers of all classes: an empty array of classes, which the compiler cannot check. */
    @SuppressWarnings("unchecked")
    private static PointerScope scope() {
        return new PointerScope();
    }
}
