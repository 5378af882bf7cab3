/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.dl4j.Network;
import io.github.gradacc.testing.Nets;
import java.util.Map;
import org.deeplearning4j.nn.api.layers.RecurrentLayer;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class RecurrentStateTest {

    private final MultiLayerNetwork network = Nets.init(Nets.of(InputType.recurrent(3), lstm(4), rnnSoftmax(3)));
    private final Network layers = Network.of(network);
    private final RecurrentLayer lstm = (RecurrentLayer) network.getLayer(0);
    private final RecurrentState state = new RecurrentState();

    @Test
    void sequencesThatHaveNotBegunHaveNoState() {
        lstm.rnnSetTBPTTState(Map.of("h", filled(1, 2)));

        state.restore(layers, 1);

        assertThat(lstm.rnnGetTBPTTState()).isEmpty();
    }

    @Test
    void whatWasSavedIsACopyAndComesBack() {
        INDArray left = filled(1, 2);
        lstm.rnnSetTBPTTState(Map.of("h", left));
        state.save(layers, 1);
        state.advance();
        assertThat(lstm.rnnGetTBPTTState()).as("nothing stays behind").isEmpty();
        left.assign(9);

        state.restore(layers, 1);

        assertThat(lstm.rnnGetTBPTTState()).containsOnlyKeys("h").containsValue(filled(1, 2));
        assertThat(lstm.rnnGetPreviousState()).containsOnlyKeys("h").containsValue(filled(1, 2));
    }

    @Test
    void otherSequencesBeginInTheSameMemory() {
        lstm.rnnSetTBPTTState(Map.of("h", filled(1, 2)));
        state.save(layers, 1);
        state.advance();
        state.restore(layers, 1);
        INDArray memory = lstm.rnnGetTBPTTState().get("h");

        state.reset();
        state.restore(layers, 1);
        assertThat(lstm.rnnGetTBPTTState()).isEmpty();

        lstm.rnnSetTBPTTState(Map.of("h", filled(5, 2)));
        state.save(layers, 1);
        state.advance();
        state.restore(layers, 1);
        assertThat(lstm.rnnGetTBPTTState().get("h")).isSameAs(memory).isEqualTo(filled(5, 2));
    }

    @Test
    void aStateOfAnotherShapeGetsMemoryOfItsOwn() {
        lstm.rnnSetTBPTTState(Map.of("h", filled(1, 2)));
        state.save(layers, 1);
        state.advance();

        lstm.rnnSetTBPTTState(Map.of("h", filled(3, 7)));
        state.save(layers, 1);
        state.advance();
        state.restore(layers, 1);

        assertThat(lstm.rnnGetTBPTTState().get("h")).isEqualTo(filled(3, 7));
    }

    /** A pass may see each example twice; its state is that of the first. */
    @Test
    void theStateOfACopyIsNotKept() {
        lstm.rnnSetTBPTTState(Map.of("h", Nd4j.concat(0, filled(1, 1), filled(9, 1))));
        state.save(layers, 2);
        state.advance();
        state.restore(layers, 1);
        assertThat(lstm.rnnGetTBPTTState().get("h")).isEqualTo(filled(1, 1));

        state.restore(layers, 2);
        assertThat(lstm.rnnGetTBPTTState().get("h")).isEqualTo(filled(1, 2));
    }

    private static INDArray filled(double value, int examples) {
        return Nd4j.valueArrayOf(new long[] {examples, 4}, value, DataType.DOUBLE);
    }
}
