/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import static io.github.gradacc.testing.Nets.dense;
import static io.github.gradacc.testing.Nets.lstm;
import static io.github.gradacc.testing.Nets.rnnSoftmax;
import static io.github.gradacc.testing.Nets.softmax;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.BrokenGradient;
import io.github.gradacc.testing.Nets;
import java.util.List;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.recurrent.BidirectionalLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

final class LayerViewTest {

    private static final InputType FLAT = InputType.feedForward(4);
    private static final InputType SEQUENCE = InputType.recurrent(4, 5);

    /** The views of the same layers in a row and as a graph. */
    private static List<List<LayerView>> both(InputType input, Layer... layers) {
        var network = Nets.init(Nets.of(input, layers));
        return List.of(
                Network.of(network).layers(),
                Network.of(network.toComputationGraph()).layers());
    }

    /** DL4J's conversion to a graph calls all layers by their index. */
    @Test
    void names() {
        List<List<LayerView>> views = both(
                FLAT,
                dense(3),
                new DenseLayer.Builder().name("given").nOut(3).build(),
                new DenseLayer.Builder().name("layer9").nOut(3).build(),
                softmax(2));
        assertThat(views.get(0)).extracting(LayerView::name).containsExactly("0", "given", "layer9", "3");
        assertThat(views.get(1)).extracting(LayerView::name).containsExactly("0", "1", "2", "3");
    }

    /** What stands before the names of parameters in DL4J's tables. */
    @Test
    void keys() {
        var network = Nets.init(
                Nets.of(FLAT, new DenseLayer.Builder().name("given").nOut(3).build(), softmax(2)));
        assertThat(Network.of(network).layers()).extracting(LayerView::key).containsExactly("0", "1");
        for (LayerView view : Network.of(network).layers()) {
            assertThat(network.paramTable()).containsKey(view.key() + "_W");
        }
    }

    /** What keeps its parameters, what runs as in inference, and where the backward pass ends, are three questions. */
    @Test
    void frozenKinds() {
        for (List<LayerView> views : both(
                SEQUENCE,
                lstm(3),
                new FrozenLayer(lstm(3)),
                new FrozenLayerWithBackprop(lstm(3)),
                new LastTimeStep(new FrozenLayer(lstm(3))),
                softmax(2))) {
            assertThat(views).extracting(LayerView::isFrozen).containsExactly(false, true, true, true, false);
            assertThat(views).extracting(LayerView::isInferenceOnly).containsExactly(false, true, false, true, false);
            assertThat(views)
                    .extracting(LayerView::endsBackpropagation)
                    .containsExactly(false, true, false, false, false);
        }
    }

    /** A frozen vertex runs its layer in training mode, unlike a frozen layer. */
    @Test
    void frozenVertices() {
        ComputationGraph graph = new ComputationGraph(Nets.settings()
                .graphBuilder()
                .addInputs("in")
                .addVertex(
                        "frozen",
                        new FrozenVertex(new LayerVertex(
                                Nets.settings()
                                        .layer(new BatchNormalization.Builder()
                                                .name("frozen")
                                                .nIn(4)
                                                .nOut(4)
                                                .build())
                                        .build(),
                                new RnnToFeedForwardPreProcessor())),
                        "in")
                .addVertex("sum", new FrozenVertex(new ElementWiseVertex(ElementWiseVertex.Op.Add)), "frozen", "frozen")
                .addLayer("out", new DenseLayer.Builder().nIn(4).nOut(3).build(), "sum")
                .setOutputs("out")
                .build());
        graph.init();
        List<LayerView> views = Network.of(graph).layers();
        assertThat(views).extracting(LayerView::name).containsExactly("frozen", "sum", "out");
        assertThat(views).extracting(LayerView::isFrozen).containsExactly(true, true, false);
        assertThat(views).extracting(LayerView::isInferenceOnly).containsExactly(false, false, false);
        assertThat(views).extracting(LayerView::endsBackpropagation).containsExactly(true, true, false);
        assertThat(views.get(0).facts().accumulation()).isEqualTo(Accumulation.MOVING_STATISTICS);
        assertThat(views.get(0).preprocessor()).containsInstanceOf(RnnToFeedForwardPreProcessor.class);
        assertThat(views.get(1).layer()).isEmpty();
        assertThat(views.get(1).configuration()).isEmpty();
        assertThat(views.get(1).facts().accumulation()).isEqualTo(Accumulation.SUM);
        assertThat(views.get(1).facts().outputScale()).isEqualTo(OutputScale.UNKNOWN);
    }

    @Test
    void outputsAreFound() {
        assertOutput(true, FLAT, softmax(3));
        assertOutput(true, FLAT, new LossLayer.Builder(LossFunction.MSE).build());
        assertOutput(true, FLAT, new FrozenLayerWithBackprop(softmax(3)));
        assertOutput(true, SEQUENCE, rnnSoftmax(3));
        assertOutput(true, InputType.convolutional(3, 3, 2), new CnnLossLayer.Builder(LossFunction.MSE).build());
        assertOutput(false, FLAT, dense(3));
        assertOutput(false, SEQUENCE, new LastTimeStep(lstm(3)));
    }

    private static void assertOutput(boolean expected, InputType input, Layer layer) {
        for (List<LayerView> views : both(input, layer)) {
            assertThat(views.get(0).output().isPresent()).as("%s", layer).isEqualTo(expected);
        }
    }

    @Test
    void recurrentLayersAreFoundThroughNestedWrappers() {
        assertRecurrent(lstm(3), org.deeplearning4j.nn.layers.recurrent.LSTM.class);
        assertRecurrent(
                new SimpleRnn.Builder().nOut(3).build(), org.deeplearning4j.nn.layers.recurrent.SimpleRnn.class);
        assertRecurrent(new FrozenLayer(lstm(3)), org.deeplearning4j.nn.layers.recurrent.LSTM.class);
        assertRecurrent(
                new LastTimeStep(new MaskZeroLayer(lstm(3), 0)), org.deeplearning4j.nn.layers.recurrent.LSTM.class);
        assertRecurrent(new LastTimeStep(new FrozenLayer(lstm(3))), org.deeplearning4j.nn.layers.recurrent.LSTM.class);
        assertRecurrent(new LastTimeStep(new Bidirectional(lstm(3))), BidirectionalLayer.class);
        for (List<LayerView> views : both(FLAT, dense(3))) {
            assertThat(views.get(0).recurrent()).isEmpty();
        }
    }

    private static void assertRecurrent(Layer layer, Class<?> expected) {
        for (List<LayerView> views : both(SEQUENCE, layer)) {
            assertThat(views.get(0).recurrent()).as("%s", layer).containsInstanceOf(expected);
        }
    }

    @Test
    void preprocessors() {
        for (List<LayerView> views : both(
                InputType.convolutional(3, 3, 2),
                new ConvolutionLayer.Builder(2, 2).nOut(2).build(),
                dense(3))) {
            assertThat(views.get(0).preprocessor()).isEmpty();
            assertThat(views.get(1).preprocessor()).containsInstanceOf(CnnToFeedForwardPreProcessor.class);
        }
    }

    /** DL4J's wrapping layers return the configuration inside; the view's facts are those of both. */
    @Test
    void factsAreThoseOfTheConfiguration() {
        for (List<LayerView> views : both(
                SEQUENCE,
                new FrozenLayer(lstm(3)),
                new FrozenLayerWithBackprop(lstm(3)),
                new LastTimeStep(new Bidirectional(lstm(3))),
                softmax(2))) {
            assertThat(views).extracting(view -> view.facts().isGated()).containsExactly(true, true, true, false);
            assertThat(views)
                    .extracting(view -> view.facts().readsFromEnd())
                    .containsExactly(false, false, true, false);
            assertThat(views)
                    .extracting(LayerView::type)
                    .containsExactly("LSTM", "LSTM", "Bidirectional", "OutputLayer");
            for (LayerView view : views.subList(0, 3)) {
                assertThat(Wrapping.innermost(view.configuration().orElseThrow()))
                        .isInstanceOf(LSTM.class);
                assertThat(view.sameDiffVertex()).isEmpty();
            }
        }
    }

    @Test
    void whoseAClassIs() {
        assertThat(LayerView.isDl4js(dense(3))).isTrue();
        assertThat(LayerView.isDl4js(new ActivationReLU())).isTrue();
        assertThat(LayerView.isDl4js(new BrokenGradient())).isFalse();
    }
}
