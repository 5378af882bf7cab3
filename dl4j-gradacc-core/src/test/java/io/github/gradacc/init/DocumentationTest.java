/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.testing.Nets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The builder lines of docs/initializers.md stand here too: compiled, run, and compared with the document. */
final class DocumentationTest {

    private static final Path DOCUMENT = Path.of("..", "docs", "initializers.md");
    private static final Path SOURCE =
            Path.of("src", "test", "java", "io", "github", "gradacc", "init", "DocumentationTest.java");
    private static final Pattern ROW = Pattern.compile("(?m)^\\|.*\\| `(new .*\\.build\\(\\))` \\|$");

    @SuppressWarnings("deprecation") // By DL4J: GravesLSTM.
    private static List<Layer> documented() {
        return List.of(
                // begin of the documented lines
                new DenseLayer.Builder()
                        .nOut(8)
                        .weightInit(new Uniform(-0.1, 0.1))
                        .build(),
                new DenseLayer.Builder().nOut(8).weightInit(new Normal(0, 0.02)).build(),
                new DenseLayer.Builder()
                        .nOut(8)
                        .weightInit(new TruncatedNormal(0, 0.02, -0.04, 0.04))
                        .build(),
                new DenseLayer.Builder().nOut(8).weightInit(new Constant(0.5)).build(),
                new DenseLayer.Builder().nOut(8).weightInit(new Constant(1)).build(),
                new DenseLayer.Builder().nOut(8).weightInit(new Constant(0)).build(),
                new DenseLayer.Builder()
                        .nOut(8)
                        .weightInit(new XavierUniform(Gain.calculate("tanh")))
                        .build(),
                new DenseLayer.Builder().nOut(8).weightInit(new XavierNormal(1)).build(),
                new DenseLayer.Builder()
                        .nOut(8)
                        .weightInit(new KaimingUniform(FanMode.FAN_OUT, Gain.calculate("leaky_relu", 0.2)))
                        .build(),
                new DenseLayer.Builder()
                        .nOut(8)
                        .weightInit(new KaimingNormal(FanMode.FAN_IN, Gain.calculate("relu")))
                        .build(),
                new DenseLayer.Builder()
                        .nOut(8)
                        .weightInit(new KaimingUniform(FanMode.FAN_IN, Gain.calculate("leaky_relu", Math.sqrt(5))))
                        .build(),
                new DenseLayer.Builder().nOut(8).weightInit(new Orthogonal(2)).build(),
                new LSTM.Builder()
                        .nOut(8)
                        .weightInit(new XavierUniform(1))
                        .weightInitRecurrent(new Orthogonal(1, 4))
                        .build(),
                new SimpleRnn.Builder()
                        .nOut(8)
                        .weightInit(new XavierUniform(1))
                        .weightInitRecurrent(new Eye(1))
                        .build(),
                new ConvolutionLayer.Builder(3, 3)
                        .nOut(8)
                        .weightInit(new Dirac(2))
                        .build(),
                new ConvolutionLayer.Builder(3, 3)
                        .nOut(8)
                        .weightInit(new DeltaOrthogonal(2))
                        .build(),
                new DenseLayer.Builder()
                        .nOut(8)
                        .weightInit(new Sparse(0.9, 0.01))
                        .build(),
                new DenseLayer.Builder()
                        .nOut(8)
                        .weightInit(new XavierNormal(Gain.of(new ActivationSwish())))
                        .build(),
                new DepthwiseConvolution2D.Builder(3, 3)
                        .depthMultiplier(2)
                        .nOut(4)
                        .weightInit(Layout.DEPTHWISE.of(new KaimingNormal(FanMode.FAN_IN, 1)))
                        .build(),
                new SeparableConvolution2D.Builder(3, 3)
                        .depthMultiplier(2)
                        .nOut(4)
                        .weightInit(Layout.SEPARABLE.of(new KaimingNormal(FanMode.FAN_IN, 1)))
                        .build(),
                new EmbeddingLayer.Builder()
                        .nIn(100)
                        .nOut(8)
                        .weightInit(Layout.EMBEDDING.of(new XavierNormal(1)))
                        .build(),
                new GravesLSTM.Builder()
                        .nOut(8)
                        .weightInit(new XavierUniform(1))
                        .weightInitRecurrent(Layout.GRAVES_LSTM.of(new Orthogonal(1, 4)))
                        .build()
                // end of the documented lines
                );
    }

    @Test
    void everyDocumentedLineStandsInThisTest() throws IOException {
        Matcher rows = ROW.matcher(Files.readString(DOCUMENT));
        List<String> inDocument = rows.results().map(row -> row.group(1)).toList();
        String source = Files.readString(SOURCE);
        String marked = source.substring(
                source.indexOf("// begin of the documented lines"), source.indexOf("// end of the documented lines"));
        // The formatter breaks lines; only white space may differ.
        String inSource = marked.substring(marked.indexOf('\n')).replaceAll("\\s", "");
        assertThat(inDocument).hasSizeGreaterThan(20);
        assertThat(inSource).isEqualTo(String.join(",", inDocument).replaceAll("\\s", ""));
    }

    @Test
    void everyDocumentedLineInitializesItsLayer() {
        for (Layer layer : documented()) {
            assertIsDrawnByItsInitializer((BaseLayer) layer);
            for (Map.Entry<String, INDArray> entry :
                    Nets.init(Nets.of(inputOf(layer), layer)).paramTable().entrySet()) {
                assertThat(Finiteness.allFinite(entry.getValue()))
                        .as("%s of %s", entry.getKey(), layer)
                        .isTrue();
            }
        }
    }

    /** The layer's input weights are, bit for bit, those that the documented initializer makes from the same seed. */
    private static void assertIsDrawnByItsInitializer(BaseLayer layer) {
        MultiLayerNetwork network = Nets.init(Nets.of(inputOf(layer), layer));
        INDArray weights = network.getParam("0_W");
        Nd4j.getRandom().setSeed(network.getDefaultConfiguration().getSeed());
        INDArray expected = layer.getWeightInitFn()
                .init(
                        Filled.WRONG_FAN,
                        Filled.WRONG_FAN,
                        weights.shape(),
                        weights.ordering(),
                        Nd4j.create(DataType.DOUBLE, weights.length()));
        assertThat(weights).as("%s", layer).isEqualTo(expected);
    }

    @Test
    void everyInitializerIsDocumented() throws IOException {
        String document = Files.readString(DOCUMENT);
        String classes = ContractTest.cases()
                .map(it -> it.initializer().getClass().getSimpleName())
                .filter(name -> !"InLayout".equals(name))
                .distinct()
                .collect(Collectors.joining(" "));
        for (String name : classes.split(" ", -1)) {
            assertThat(document).contains("| `" + name + "` |");
        }
        for (Layout layout : Layout.values()) {
            assertThat(document).contains("Layout." + layout);
        }
    }

    private static InputType inputOf(Layer layer) {
        if (layer instanceof ConvolutionLayer) {
            return InputType.convolutional(6, 6, 2);
        }
        return layer instanceof BaseRecurrentLayer ? InputType.recurrent(5, 4) : InputType.feedForward(5);
    }
}
