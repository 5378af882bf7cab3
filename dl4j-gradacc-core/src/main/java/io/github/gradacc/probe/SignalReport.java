/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.io.IOException;
import java.util.List;

/**
 * How the signal fares on its way through a network, layer by layer. Made by {@link SignalPropagation}.
 *
 * @param layers in the order of the forward pass, the network's input not included
 */
public record SignalReport(List<SignalLayer> layers) {

    /** Copies the list. */
    public SignalReport {
        layers = List.copyOf(layers);
        if (layers.isEmpty()) {
            throw new IllegalArgumentException("A report has at least one layer, got none");
        }
    }

    /**
     * Says in words where the signal explodes, vanishes, dies or stops being finite.
     *
     * <p>The standard deviation is compared with that of the first layer on the signal's way (for activations the first of the
     * network, for gradients the last that has one). With s its value there:
     *
     * <ul>
     *   <li>it <b>explodes</b> where the standard deviation is above 1000 s,
     *   <li>it <b>vanishes</b> where it is below s / 1000,
     *   <li>it <b>dies</b> where all elements have the same value or, of activations, at least 99% are zero,
     *   <li>it <b>stops being finite</b> where the first element is NaN or infinite.
     * </ul>
     *
     * Only the last is asked of layers with a loss: predictions have a scale of their own. The thresholds are wide, so that
     * what they name is worth a look; a signal that keeps within them can still train badly.
     *
     * @return one sentence to a line; that the signal stays alive if nothing is wrong
     */
    public String diagnosis() {
        return SignalDiagnosis.of(layers);
    }

    /** Returns a table for the eye: a line of headings, then a line for each layer; gradients if there are any. */
    public String table() {
        return SignalTable.of(layers);
    }

    /**
     * Writes all numbers as CSV (RFC 4180: lines end with CR LF, fields are quoted): a line of column names, then a line for
     * each layer. Fields of gradients are empty where there are none.
     *
     * @param target a writer or builder, not closed
     */
    public void toCsv(Appendable target) throws IOException {
        SignalCsv.write(layers, target);
    }

    /** Returns the table and the diagnosis. */
    @Override
    public String toString() {
        return table() + diagnosis();
    }
}
