/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.probe.ExactnessMeasurement;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Quiet;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Accumulation equals native training on the big batch, whatever layers the network has. */
@ExtendWith(Quiet.class)
class ExactLayersTest {

    private static Stream<Stream<ExactnessCase>> kinds() {
        return Stream.of(
                FeedForwardCases.cases(),
                ConvolutionCases.cases(),
                VolumeCases.cases(),
                SequenceCases.cases(),
                OutputCases.cases());
    }

    private static Stream<ExactnessCase> layers() {
        return kinds().flatMap(cases -> cases);
    }

    /** A graph does not train below a frozen layer: DL4J complains that epsilons are not set. */
    private static boolean trainsAsAGraph(ExactnessCase testCase) {
        return !testCase.name().matches("frozen between(, with a penalty below)?");
    }

    static Stream<Arguments> layersInBothClasses() {
        return Stream.concat(
                layers().map(each -> Arguments.of(each, NetworkClass.LAYERS)),
                layers().filter(ExactLayersTest::trainsAsAGraph).map(each -> Arguments.of(each, NetworkClass.GRAPH)));
    }

    static Stream<Arguments> oneOfEachKindInBothClasses() {
        return ExactnessCase.inBothClasses(
                kinds().map(cases -> cases.findFirst().orElseThrow()));
    }

    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("oneOfEachKindInBothClasses")
    void oneLayerOfEachKindEqualsNativeTraining(ExactnessCase testCase, NetworkClass<?> type) {
        testCase.verify(type);
    }

    @Tag("slow")
    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("layersInBothClasses")
    void equalsNativeTraining(ExactnessCase testCase, NetworkClass<?> type) {
        testCase.verify(type);
    }

    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("layersInBothClasses")
    <T extends Model> void reportAndMeasurementAgree(ExactnessCase testCase, NetworkClass<T> type) {
        T network = testCase.workload().network(type);
        ExactnessMeasurement measured =
                type.measure(network, testCase.workload().firstBatch());
        assertThat(type.report(network).isExact())
                .as("%s%n%s", type.report(network), measured)
                .isEqualTo(measured.isExact());
    }
}
