/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the signal on its way through a network, layer by layer. Made by {@link SignalPropagation}.
 *
 * @param layers in the order of the forward pass, the network's input not included
 * @param features what the network was given, for each input that takes numbers; inputs that take indices, such as
 *     those of embeddings, have no scale and are left out
 * @param parameterGradients what a backward pass writes for all parameters together: the gradients of the losses
 *     summed over the examples, and the updates of running statistics. Null where there are none, without labels or
 *     parameters, and where they are not known.
 */
public record SignalReport(
        List<SignalLayer> layers,
        List<Signal> features,
        @Nullable Signal parameterGradients) {

    /** Copies the lists. */
    public SignalReport {
        layers = List.copyOf(layers);
        features = List.copyOf(features);
        if (layers.isEmpty()) {
            throw new IllegalArgumentException("A report has at least one layer, got none");
        }
    }

    /**
     * A report without the gradients of parameters.
     *
     * @param layers in the order of the forward pass
     * @param features for each input that takes numbers
     */
    public SignalReport(List<SignalLayer> layers, List<Signal> features) {
        this(layers, features, null);
    }

    /**
     * A report without features: what follows is compared with the first layer.
     *
     * @param layers in the order of the forward pass
     */
    public SignalReport(List<SignalLayer> layers) {
        this(layers, List.of());
    }

    /**
     * Says in words where the signal explodes, vanishes, dies or stops being finite, and its factor per layer.
     *
     * <p>The standard deviation of activations is compared with the root mean square of the features, or, where there
     * are none, with the first layer; that of gradients with the last layer that has one. With s the value there:
     *
     * <ul>
     *   <li>the signal <b>explodes</b> where the standard deviation is above 1000 s,
     *   <li>it <b>vanishes</b> where it is below s / 1000,
     *   <li>it is <b>dying</b> where at least 90% of the activations are zero,
     *   <li>it <b>dies</b> where all elements have the same value or, of activations, at least 99% are zero,
     *   <li>it <b>stops being finite</b> where the first element is NaN or infinite.
     * </ul>
     *
     * Gradients of activations that are not finite, for example 0 / 0 in norm pooling over zeros, do no harm where the
     * layer below discards them, as ReLU does. So they count only if the gradient of a parameter is not finite either,
     * or none is known; else they are named as discarded, and the other rules pass over them.
     *
     * <p>Only the last rule is asked of layers with a loss: predictions have a scale of their own. The thresholds are
     * wide, so that what they name is worth a look; a signal that keeps within them can still train badly, in
     * particular one whose factor per layer is far from 1 in a network of few layers.
     *
     * <p>What is not seen: units that are saturated (tanh or sigmoid at the end of their range have a healthy standard
     * deviation; probe with labels, the gradients show them) and units that give the same value for all examples while
     * others do not.
     *
     * @return one sentence to a line; that the signal stays alive if nothing is wrong
     */
    public String diagnosis() {
        return SignalDiagnosis.of(this);
    }

    /** Returns a table as text: a line of headings, then a line for each layer, with gradients if there are any. */
    public String table() {
        return SignalTable.of(layers);
    }

    /**
     * Writes all numbers as CSV (RFC 4180: lines end with CR LF, fields are quoted): a line of column names, then a
     * line for each layer. Fields of gradients are empty where there are none.
     *
     * @param target a writer or builder, not closed
     */
    public void toCsv(Appendable target) throws IOException {
        SignalCsv.write(layers, target);
    }

    /**
     * Draws the standard deviation over depth with a logarithmic axis, of activations and, if there are any, of
     * gradients below.
     *
     * <p>Layers whose values are not all finite are marked at the upper edge, those without variance at the lower.
     * Drawn with what the JDK has (module {@code java.desktop}), without a display.
     *
     * @param file where to write the PNG; replaced if it exists
     */
    public void toPng(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            ImageIO.write(SignalPicture.of(layers), "png", out);
        }
    }

    /** Returns the table and the diagnosis. */
    @Override
    public String toString() {
        return table() + diagnosis();
    }
}
