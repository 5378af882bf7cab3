/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.ExactnessCase;
import io.github.gradacc.testing.Nets;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.recurrent.TimeDistributed;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;

/** Cases of layers on sequences of 3 values and 5 steps. */
final class SequenceCases {

    private SequenceCases() {}

    static Stream<ExactnessCase> cases() {
        Stream<ExactnessCase> modes = Arrays.stream(Bidirectional.Mode.values())
                .map(mode -> perStep("bidirectional " + mode, () -> new Bidirectional(mode, lstm(4))));
        Stream<ExactnessCase> pools = Arrays.stream(PoolingType.values())
                .map(type -> lastStep("global " + type + " pooling over time", () -> new GlobalPoolingLayer(type)));
        Stream<ExactnessCase> others = Stream.of(
                perStep("LSTM", () -> lstm(4)),
                perStep("GravesLSTM", SequenceCases::gravesLstm),
                perStep("SimpleRnn", () -> new SimpleRnn.Builder().nOut(4).build()),
                perStep("GravesBidirectionalLSTM", SequenceCases::gravesBidirectionalLstm),
                perStep(
                        "self-attention",
                        () -> new SelfAttentionLayer.Builder()
                                .nOut(4)
                                .nHeads(2)
                                .headSize(2)
                                .projectInput(true)
                                .build()),
                recurrentAttention(),
                perStep("dense at each step", () -> new TimeDistributed(dense(4))),
                perStep("recurrent, dense, recurrent", () -> dense(4)),
                perStep("zero steps masked", () -> new MaskZeroLayer(lstm(4), 0.0)),
                lastStep("last time step", () -> new LastTimeStep(lstm(4))),
                lastStep("last time step of both directions", () -> new LastTimeStep(new Bidirectional(lstm(4)))),
                embedding());
        return Stream.of(others, modes, pools).flatMap(cases -> cases);
    }

    /** Below it an LSTM, above it another and an output at each step. */
    private static ExactnessCase perStep(String name, Supplier<Layer> layer) {
        return ExactnessCase.of(
                name,
                () -> Nets.of(InputType.recurrent(3, 5), lstm(4), layer.get(), lstm(3), rnnSoftmax(3)),
                Batches::sequences);
    }

    /** The layer turns the sequence into one vector. */
    private static ExactnessCase lastStep(String name, Supplier<Layer> layer) {
        return ExactnessCase.of(
                name,
                () -> Nets.of(InputType.recurrent(3, 5), lstm(4), layer.get(), softmax(3)),
                Batches::labeledSequences);
    }

    /** DL4J unrolls it into a graph of many small operations: few batches, for time. */
    private static ExactnessCase recurrentAttention() {
        return ExactnessCase.of(
                        "recurrent attention",
                        () -> Nets.of(
                                InputType.recurrent(3, 5),
                                lstm(4),
                                new RecurrentAttentionLayer.Builder()
                                        .nIn(4)
                                        .nOut(4)
                                        .nHeads(1)
                                        .projectInput(false)
                                        .build(),
                                rnnSoftmax(3)),
                        () -> Batches.sequences().subList(0, 2))
                .windows(2, 4)
                .epochs(1);
    }

    @SuppressWarnings("deprecation") // DL4J still trains them
    private static Layer gravesLstm() {
        return new GravesLSTM.Builder().nOut(4).build();
    }

    @SuppressWarnings("deprecation")
    private static Layer gravesBidirectionalLstm() {
        return new GravesBidirectionalLSTM.Builder().nOut(4).build();
    }

    private static ExactnessCase embedding() {
        return ExactnessCase.of(
                "embedding of sequences",
                () -> Nets.of(
                        InputType.recurrent(7, 5),
                        new EmbeddingSequenceLayer.Builder()
                                .nIn(7)
                                .nOut(4)
                                .inputLength(5)
                                .build(),
                        lstm(4),
                        rnnSoftmax(3)),
                () -> Batches.ragged(
                        (data, n) -> data.indices(7, n, 1, 5), (data, n) -> data.oneHotSequences(n, 3, 5)));
    }
}
