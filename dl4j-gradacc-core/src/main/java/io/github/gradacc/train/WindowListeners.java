/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.SummandNorm;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Tells a network's {@link WindowListener}s of its windows; costs nothing while there are none. */
final class WindowListeners {

    private final TrainedNetwork network;

    WindowListeners(TrainedNetwork network) {
        this.network = network;
    }

    private List<WindowListener> present() {
        return network.listeners(WindowListener.class);
    }

    /** Tells whether someone asks for norms. */
    boolean askForNorms() {
        return !present().isEmpty();
    }

    /**
     * Tells them of a window whose micro-batches were all measured.
     *
     * @param sum the window
     * @param gradient the array into which it was written
     * @param factor by which it was multiplied
     */
    void announce(GradientSum sum, INDArray gradient, double factor) {
        List<WindowListener> listeners = present();
        List<SummandNorm> norms = sum.norms();
        if (listeners.isEmpty() || norms.size() != sum.microBatches()) {
            return;
        }
        WindowNorms window = new WindowNorms(
                network.iteration(),
                network.epoch(),
                sum.norm(gradient) / sum.examples(),
                norms.stream().map(each -> mean(each, factor)).toList());
        listeners.forEach(listener -> listener.onWindow(network.model(), window));
    }

    /** Tells them of what was skipped. */
    void announce(SkippedWindow skipped) {
        present().forEach(listener -> listener.onSkipped(network.model(), skipped));
    }

    private static WindowNorms.MicroBatch mean(SummandNorm norm, double factor) {
        return new WindowNorms.MicroBatch(norm.examples(), Math.abs(factor) * norm.norm() / norm.examples());
    }
}
