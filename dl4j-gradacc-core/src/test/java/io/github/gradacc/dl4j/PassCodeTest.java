/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Dl4jClasses;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.variational.ReconstructionDistribution;
import org.deeplearning4j.nn.conf.weightnoise.IWeightNoise;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.lossfunctions.ILossFunction;

class PassCodeTest {

    /** What others have written hides behind these, with the reason why nobody can say what it does. */
    private static final Map<String, String> UNKNOWN = Map.of(
            "org.deeplearning4j.nn.modelimport.keras.layers.TFOpLayer", "runs any operation of an imported model",
            "org.deeplearning4j.preprocessors.PermutePreprocessor", "may move the dimension of the examples");

    /** Every class of DL4J's that runs in passes was examined, or is unknown for a reason. */
    @ParameterizedTest
    @ValueSource(
            classes = {
                Layer.class,
                GraphVertex.class,
                InputPreProcessor.class,
                IActivation.class,
                ILossFunction.class,
                IDropout.class,
                IWeightNoise.class,
                ReconstructionDistribution.class
            })
    void everyClassHasAVerdict(Class<?> role) throws ClassNotFoundException {
        List<String> wrong = new ArrayList<>();
        for (String name : Dl4jClasses.allImplementing(role)) {
            Class<?> type = Class.forName(name, false, getClass().getClassLoader());
            if (PassCode.isExamined(type) == UNKNOWN.containsKey(name)) {
                wrong.add(name);
            }
        }
        assertThat(wrong).isEmpty();
    }
}
