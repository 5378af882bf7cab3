/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.testing.AsGraph;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Quiet;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Accumulation equals native training on the big batch, whatever layers the network has. */
@ExtendWith(Quiet.class)
class ExactLayersTest {

    static Stream<ExactnessCase> layers() {
        return Stream.of(
                        FeedForwardRows.rows(),
                        ConvolutionRows.rows(),
                        VolumeRows.rows(),
                        SequenceRows.rows(),
                        OutputRows.rows())
                .flatMap(rows -> rows);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("layers")
    void equalsNativeTraining(ExactnessCase row) {
        row.verify();
    }

    /** A graph does not train below a frozen layer: DL4J complains that epsilons are not set. */
    static Stream<ExactnessCase> layersOfGraphs() {
        return layers().filter(row -> !row.name().matches("frozen between(, with a penalty below)?"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("layersOfGraphs")
    void equalsNativeTrainingAsAGraph(ExactnessCase row) {
        AsGraph.verify(row);
    }
}
