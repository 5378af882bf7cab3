/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** What is timed in both libraries is the same computation, and the check of that sees a difference. */
class AgreementTest {

    /** The last of three micro-batches is smaller. */
    private static final int EXAMPLES = 14;

    private static final int MICRO_BATCH = 5;

    @ParameterizedTest
    @EnumSource(
            value = Workload.class,
            names = {"MLP", "LENET", "RESNET", "LSTM_WHOLE"})
    void lossAndGradientsAreThoseOfDl4j(Workload workload) {
        assertThatCode(() -> PeerProcess.libtorch(workload, MICRO_BATCH, EXAMPLES))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @EnumSource(
            value = Workload.class,
            names = {"MLP", "LENET", "RESNET", "LSTM_WHOLE"})
    void aParameterThatDiffersIsSeen(Workload workload) {
        Subject subject = workload.network();
        Nd4j.getRandom().setSeed(1);
        List<DataSet> microBatches = Way.views(workload.data(EXAMPLES), MICRO_BATCH);
        TorchNetwork network = new TorchNetwork(workload, subject.parameters());
        TorchAccumulation accumulation = new TorchAccumulation(network, microBatches, 1e-3);
        subject.parameters().get(network.parameters().get(0).name()).addi(0.01);

        assertThatIllegalStateException()
                .isThrownBy(() ->
                        Agreement.require(subject, network, accumulation, microBatches, Agreement.ROUNDING_AT_KINKS))
                .withMessageStartingWith("DL4J and libtorch do not compute the same: the ");
    }

    /** Adam divides a gradient by its size: where it is near zero, rounding decides which way a weight moves. */
    @Test
    void stepsOfBothLibrariesReduceTheLossAlike() {
        Subject subject = Workload.MLP.network();
        Nd4j.getRandom().setSeed(2);
        DataSet data = Workload.MLP.data(EXAMPLES);
        List<DataSet> microBatches = Way.views(data, MICRO_BATCH);
        TorchAccumulation accumulation =
                new TorchAccumulation(new TorchNetwork(Workload.MLP, subject.parameters()), microBatches, 1e-3);
        double before = accumulation.accumulate();
        accumulation.run();
        try (var trainer = subject.trainer().microBatchSize(MICRO_BATCH).build()) {
            trainer.fit(data);
        }
        subject.pass(data);

        assertThat(accumulation.accumulate()).isLessThan(before).isCloseTo(subject.score(), withinPercentage(1));
    }

    @Test
    void whatIsNotBuiltIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new TorchNetwork(Workload.LSTM, Workload.LSTM.network().parameters()))
                .withMessage("LSTM is not built with libtorch");
    }
}
