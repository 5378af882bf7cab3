/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static io.github.gradacc.testing.ExactnessCase.iterate;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.earlystopping.AccumulatingEarlyStoppingTrainer;
import io.github.gradacc.probe.ExactnessMeasurement;
import io.github.gradacc.probe.ExactnessReport;
import io.github.gradacc.probe.SignalPropagation;
import io.github.gradacc.probe.SignalReport;
import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.scorecalc.DataSetLossCalculator;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.termination.ScoreImprovementEpochTerminationCondition;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** The snippets of docs/truncated-bptt.md, docs/early-stopping.md and docs/probes.md, run. */
class GuidesTest {

    private final MultiLayerNetwork network = Nets.init(Nets.mlp());
    private final DataSetIterator iterator = iterate(Batches.mlp());
    private final INDArray features = new Data(1, DataType.DOUBLE).normal(10, 4);
    private final INDArray labels = new Data(1, DataType.DOUBLE).oneHot(10, 3);
    private final List<String> logged = new ArrayList<>();

    private void log(String line) {
        logged.add(line);
    }

    @Test
    void truncatedBptt() {
        MultiLayerNetwork network = Nets.init(Nets.settings()
                .list()
                .layer(Nets.lstm(4))
                .layer(Nets.rnnSoftmax(3))
                .setInputType(InputType.recurrent(3))
                .backpropType(BackpropType.TruncatedBPTT)
                .tBPTTLength(2)
                .build());
        DataSetIterator sequences = iterate(Batches.sequences());
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(2)
                .build()) {
            trainer.fit(sequences); // two batches, one optimizer step for each segment
        }
        // end
        assertThat(network.getIterationCount())
                .as("eight batches of five time steps")
                .isEqualTo(8 / 2 * 3);
    }

    @Test
    void earlyStopping() {
        DataSetIterator heldOut = iterate(List.of(new DataSet(features, labels)));
        // snippet
        var early = new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
                .scoreCalculator(new DataSetLossCalculator(heldOut, true))
                .epochTerminationConditions(
                        new ScoreImprovementEpochTerminationCondition(3), new MaxEpochsTerminationCondition(100))
                .build();
        var stopping = new AccumulatingEarlyStoppingTrainer(
                early, network, iterator, windows -> windows.accumulationSteps(10));
        MultiLayerNetwork best = stopping.fit().getBestModel();
        // end
        assertThat(best.params().length()).isEqualTo(network.params().length());
        assertThat(network.getEpochCount()).isBetween(2, 100);
        assertThat(network.getIterationCount()).as("one step an epoch").isEqualTo(network.getEpochCount());
    }

    @Test
    void exactness() {
        // snippet
        ExactnessReport report = ExactnessReport.of(network);
        log(report.toString());
        if (!report.isExact()) {
            report.findings().forEach(finding -> log(finding.layer() + ": " + finding.cause()));
        }
        // end
        assertThat(logged).singleElement().asString().contains("equal the big batch");
    }

    @Test
    void measurement() {
        DataSet batch = new DataSet(features, labels);
        // snippet
        ExactnessMeasurement measured = ExactnessReport.measure(network, batch);
        log(measured.isExact() + ", largest relative difference " + measured.largest());
        log(measured.toString()); // one line for each parameter
        // end
        assertThat(logged).hasSize(2).first().asString().startsWith("true");
    }

    @Test
    void signal() {
        // snippet
        SignalReport signal = SignalPropagation.probe(network, features, labels);
        log(signal.table());
        log(signal.diagnosis()); // where it explodes, vanishes, dies or stops being finite
        // end
        assertThat(logged).hasSize(2).first().asString().contains("DenseLayer", "gradients");
        assertThat(logged.get(1)).contains("The activations stay alive", "The gradients stay alive");
    }
}
