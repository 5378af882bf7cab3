/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.samediff.AbstractSameDiffLayer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * Takes L1, L2 and weight decay out of a network's configuration until it is closed. In a pass DL4J uses them for one
 * thing: it adds their score to that of the examples, for which it reads all parameters; these do not change between
 * the passes of a step, so once is enough. Their gradient is the updater's work, who must find them in place.
 */
@API(status = API.Status.INTERNAL)
public final class UnregularizedPasses implements AutoCloseable {

    private final Deque<Runnable> undo = new ArrayDeque<>();

    private UnregularizedPasses() {}

    /**
     * Takes them out.
     *
     * @param network the network, not copied; what it has in other places than its layers stays, and in its
     *     {@link Network#regularization() score}
     */
    public static UnregularizedPasses of(Network network) {
        UnregularizedPasses passes = new UnregularizedPasses();
        network.layers()
                .forEach(layer ->
                        layer.configuration().stream().flatMap(Wrapping::all).forEach(passes::takeOut));
        return passes;
    }

    /** Takes them out of a network that makes nothing but passes. */
    public static void forGood(Network replica) {
        of(replica);
    }

    private void takeOut(Layer layer) {
        if (layer instanceof BaseLayer base) {
            takeOut(base.getRegularization(), base::setRegularization);
            takeOut(base.getRegularizationBias(), base::setRegularizationBias);
        } else if (layer instanceof AbstractSameDiffLayer sameDiff) {
            takeOut(sameDiff.getRegularization(), sameDiff::setRegularization);
            takeOut(sameDiff.getRegularizationBias(), sameDiff::setRegularizationBias);
        }
    }

    private void takeOut(@Nullable List<Regularization> terms, Consumer<List<Regularization>> setter) {
        if (terms != null && !terms.isEmpty()) {
            undo.push(() -> setter.accept(terms));
            setter.accept(List.of());
        }
    }

    /** Puts them back. */
    @Override
    public void close() {
        undo.forEach(Runnable::run);
        undo.clear();
    }
}
