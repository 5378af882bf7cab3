/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.networks;

import io.github.gradacc.testing.DoubleByDefault;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.testing.Quiet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Accumulation equals native training in networks of the kinds that DL4J's examples and tests show. */
@ExtendWith({DoubleByDefault.class, Quiet.class})
class ConfigurationsTest {

    static Stream<Arguments> networks() {
        Stream<ExactnessCase> inARow = Stream.of(FlatNetworks.cases(), SequenceNetworks.cases(), ImageNetworks.cases())
                .flatMap(cases -> cases);
        return Stream.of(
                        ExactnessCase.inBothClasses(inARow),
                        SequenceNetworks.notAsGraphs().map(each -> Arguments.of(each, NetworkClass.LAYERS)),
                        GraphNetworks.cases().map(each -> Arguments.of(each, NetworkClass.GRAPH)))
                .flatMap(arguments -> arguments);
    }

    static Stream<ExactnessCase> oneOfEachKind() {
        return Stream.of(FlatNetworks.cases(), SequenceNetworks.cases(), ImageNetworks.cases(), GraphNetworks.cases())
                .map(cases -> cases.findFirst().orElseThrow());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("oneOfEachKind")
    void oneNetworkOfEachKindEqualsNativeTraining(ExactnessCase network) {
        Networks.verify(network, network.workload().type());
    }

    @Tag("slow")
    @ParameterizedTest(name = "{1}: {0}")
    @MethodSource("networks")
    void equalsNativeTraining(ExactnessCase network, NetworkClass<?> type) {
        Networks.verify(network, type);
    }
}
