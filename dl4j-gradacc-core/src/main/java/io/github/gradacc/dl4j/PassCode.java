/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.layers.LayerConstraint;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.distribution.Distribution;
import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.variational.ReconstructionDistribution;
import org.deeplearning4j.nn.conf.stepfunctions.StepFunction;
import org.deeplearning4j.nn.conf.weightnoise.IWeightNoise;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.schedule.ISchedule;

/** Which classes in a configuration run in passes, and which of these were examined. */
final class PassCode {

    /** What runs in a pass is one of these. */
    private static final List<Class<?>> ROLES = List.of(
            Layer.class,
            GraphVertex.class,
            InputPreProcessor.class,
            IActivation.class,
            ILossFunction.class,
            IDropout.class,
            IWeightNoise.class,
            ReconstructionDistribution.class);

    /** What runs before training or in the step on a whole window, where accumulation makes no difference. */
    private static final List<Class<?>> OUTSIDE = List.of(
            IUpdater.class,
            ISchedule.class,
            Regularization.class,
            LayerConstraint.class,
            StepFunction.class,
            IWeightInit.class,
            Distribution.class);

    private static final Set<String> EXAMINED = read("examined-classes.txt");

    private static final String LOSSES_OF_THIS_LIBRARY = "io.github.gradacc.loss";

    private PassCode() {}

    /** Tells whether an object's code runs in passes; true for objects of which nothing is known. */
    static boolean runs(Object object) {
        return isOne(ROLES, object) || !(isOne(OUTSIDE, object) || LayerView.isDl4js(object));
    }

    /** Tells whether an object's code runs outside of passes only, with all that is in it. */
    static boolean runsOutside(Object object) {
        return isOne(OUTSIDE, object);
    }

    static boolean isExamined(Class<?> type) {
        return EXAMINED.contains(type.getName()) || type.getPackageName().equals(LOSSES_OF_THIS_LIBRARY);
    }

    static boolean isNoise(Object object) {
        return object instanceof IDropout || object instanceof IWeightNoise;
    }

    private static boolean isOne(List<Class<?>> types, Object object) {
        return types.stream().anyMatch(type -> type.isInstance(object));
    }

    private static Set<String> read(String resource) {
        try (InputStream stream = Objects.requireNonNull(PassCode.class.getResourceAsStream(resource));
                BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            return lines.lines()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
