/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.probe.Signal;
import io.github.gradacc.probe.SignalLayer;
import io.github.gradacc.probe.SignalReport;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/** Reports of made-up numbers. */
final class SignalReports {

    private SignalReports() {}

    /** Layers and one output; in layer i the standard deviations are those given. */
    static SignalReport of(int layers, IntToDoubleFunction activations, IntToDoubleFunction gradients) {
        List<SignalLayer> all = new ArrayList<>();
        for (int i = 0; i <= layers; i++) {
            all.add(new SignalLayer(
                    "" + i,
                    "DenseLayer",
                    i == layers,
                    finite(activations.applyAsDouble(i)),
                    finite(gradients.applyAsDouble(i))));
        }
        return new SignalReport(all);
    }

    private static Signal finite(double std) {
        return new Signal(100, 0, std, 0, 0, 0);
    }
}
