/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import static org.deeplearning4j.nn.params.BatchNormalizationParamInitializer.GLOBAL_LOG_STD;
import static org.deeplearning4j.nn.params.BatchNormalizationParamInitializer.GLOBAL_MEAN;
import static org.deeplearning4j.nn.params.BatchNormalizationParamInitializer.GLOBAL_VAR;
import static org.deeplearning4j.nn.params.CenterLossParamInitializer.CENTER_KEY;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Where one parameter is in the flattened gradient array, and what the backward pass writes there.
 *
 * @param layer the layer or vertex that has the parameter
 * @param parameter DL4J's key of the parameter in its layer
 * @param from first position
 * @param to position after the last
 * @param content what is written
 */
@API(status = API.Status.INTERNAL)
public record GradientSlice(LayerView layer, String parameter, long from, long to, Content content) {

    /** What the backward pass writes. Updates are subtracted from the parameter as they are. */
    public enum Content {
        /** A gradient, summed over examples. */
        GRADIENT,
        /** The update of a moving mean. */
        MOVING_MEAN,
        /** The update of a moving variance. */
        MOVING_VARIANCE,
        /** The update of a moving {@code log10} of a standard deviation. */
        MOVING_LOG10_STD,
        /** The update of class centers. */
        CLASS_CENTERS,
        /** An update of which nothing else is known: that of a user's layer. */
        OTHER_UPDATE
    }

    private static final Map<String, Content> MOVING_STATISTICS = Map.of(
            GLOBAL_MEAN, Content.MOVING_MEAN,
            GLOBAL_VAR, Content.MOVING_VARIANCE,
            GLOBAL_LOG_STD, Content.MOVING_LOG10_STD);

    /** Returns its name in {@code network.model().gradient()}. */
    public String gradientName() {
        return gradientName(layer, parameter);
    }

    private static String gradientName(LayerView layer, String parameter) {
        return layer.key() + "_" + parameter;
    }

    /** Lists the slices that the network's last backward pass wrote, ascending. */
    public static List<GradientSlice> of(Network network) {
        return of(network, network.model().gradient().gradientForVariable().keySet());
    }

    /**
     * Lists the slices that a backward pass wrote, ascending.
     *
     * @param network the network
     * @param written the names of the gradients in {@code network.model().gradient()}
     */
    public static List<GradientSlice> of(Network network, Set<String> written) {
        List<GradientSlice> slices = new ArrayList<>();
        long position = 0;
        for (LayerView layer : network.layers()) {
            for (Map.Entry<String, INDArray> entry : parametersOf(layer).entrySet()) {
                long from = position;
                position += entry.getValue().length();
                if (written.contains(gradientName(layer, entry.getKey()))) {
                    String parameter = entry.getKey();
                    slices.add(new GradientSlice(layer, parameter, from, position, content(layer, parameter)));
                }
            }
        }
        return slices;
    }

    private static Map<String, INDArray> parametersOf(LayerView layer) {
        return layer.parameters().numParams() == 0
                ? Map.of()
                : layer.parameters().paramTable(false);
    }

    /** DL4J marks updates by not dividing them by the number of examples, except those of centers, which it forgets. */
    static Content content(LayerView layer, String parameter) {
        Accumulation accumulation = layer.facts().accumulation();
        if (accumulation == Accumulation.CLASS_CENTERS && parameter.equals(CENTER_KEY)) {
            return Content.CLASS_CENTERS;
        } else if (layer.parameters().updaterDivideByMinibatch(parameter)) {
            return Content.GRADIENT;
        }
        return accumulation == Accumulation.MOVING_STATISTICS
                ? MOVING_STATISTICS.getOrDefault(parameter, Content.OTHER_UPDATE)
                : Content.OTHER_UPDATE;
    }
}
