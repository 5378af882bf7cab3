/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where masks of features go in a network, without a pass: layers hand them on, reshape and pool them. The layers have
 * none afterwards.
 */
@API(status = API.Status.INTERNAL)
public final class MaskPropagation {

    private final Network network;

    /** Looks at a network, not copied; between two passes only. */
    public MaskPropagation(Network network) {
        this.network = network;
    }

    /**
     * Propagates masks as before a pass.
     *
     * @param masks of the features, or null
     * @return the masks that layers were given, in their order; layers without one are left out
     */
    public List<INDArray> inLayers(@Nullable INDArray @Nullable [] masks) {
        return propagated(
                masks,
                () -> network.layers().stream()
                        .flatMap(layer -> layer.layer().stream())
                        .flatMap(layer -> Stream.ofNullable(layer.getMaskArray()))
                        .toList());
    }

    /** Tells for each output whether masks of the features reach it. */
    public List<Boolean> reachOutputs(@Nullable INDArray @Nullable [] masks) {
        return propagated(
                masks,
                () -> network.outputs().stream()
                        .map(output -> output.layer()
                                .filter(layer -> layer.getMaskArray() != null)
                                .isPresent())
                        .toList());
    }

    private <T> T propagated(@Nullable INDArray @Nullable [] masks, Supplier<T> look) {
        network.setFeaturesMasks(masks);
        try {
            return look.get();
        } finally {
            network.clearMasks();
        }
    }
}
