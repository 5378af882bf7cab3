/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import io.github.gradacc.init.Constant;
import io.github.gradacc.init.DeltaOrthogonal;
import io.github.gradacc.init.Dirac;
import io.github.gradacc.init.Eye;
import io.github.gradacc.init.FanMode;
import io.github.gradacc.init.Gain;
import io.github.gradacc.init.KaimingNormal;
import io.github.gradacc.init.KaimingUniform;
import io.github.gradacc.init.NetworkInitializer;
import io.github.gradacc.init.Normal;
import io.github.gradacc.init.Orthogonal;
import io.github.gradacc.init.Sparse;
import io.github.gradacc.init.TruncatedNormal;
import io.github.gradacc.init.Uniform;
import io.github.gradacc.init.XavierNormal;
import io.github.gradacc.init.XavierUniform;
import io.github.gradacc.probe.SignalPropagation;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarStyle;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration.ListBuilder;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.IWeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Shows what the initial weights do to a signal on its way through 100 layers. All networks get the same standard
 * normal features and have the same width of 256, with one network for each initializer; initializers of convolutions
 * get kernels of 3x3 on 16 channels.
 */
public final class DeepSignal {

    static final int LAYERS = 100;
    static final int WIDTH = 256;
    static final int EXAMPLES = 64;

    private static final int CHANNELS = 16;
    private static final int SIDE = 6;
    private static final int IMAGES = 8;

    private static final long SEED = 12345;

    /** How the weights of a network start; LSUV makes them orthogonal and scales them to suit the features. */
    record Start(String name, Activation activation, IWeightInit weights, Kind kind) {
        Start(String name, Activation activation, IWeightInit weights) {
            this(name, activation, weights, Kind.DENSE);
        }

        /** The panel of the picture. */
        String group() {
            return name.substring(0, name.indexOf(','));
        }
    }

    /** Dense layers, dense layers with LSUV, or convolutions for the initializers that only convolutions have. */
    enum Kind {
        DENSE,
        LSUV,
        CONVOLUTION
    }

    private static final IWeightInit KAIMING = new KaimingNormal(FanMode.FAN_IN, Gain.calculate("relu"));

    /** Add a line to see another initializer. */
    static final List<Start> STARTS = List.of(
            new Start("linear, N(0, 1)", Activation.IDENTITY, new Normal(0, 1)),
            new Start("linear, N(0, 1/256)", Activation.IDENTITY, new Normal(0, Math.sqrt(1.0 / WIDTH))),
            new Start(
                    "linear, U(variance 1/256)",
                    Activation.IDENTITY,
                    new Uniform(-Math.sqrt(3.0 / WIDTH), Math.sqrt(3.0 / WIDTH))),
            new Start("linear, constant 1/256", Activation.IDENTITY, new Constant(1.0 / WIDTH)),
            new Start("linear, identity", Activation.IDENTITY, new Eye(1)),
            new Start("linear, orthogonal", Activation.IDENTITY, new Orthogonal(1)),
            new Start("linear, N(0, 0.01^2)", Activation.IDENTITY, new Normal(0, 0.01)),
            new Start("tanh, N(0, 1)", Activation.TANH, new Normal(0, 1)),
            new Start("tanh, Xavier normal", Activation.TANH, new XavierNormal(1)),
            new Start("tanh, Xavier uniform 5/3", Activation.TANH, new XavierUniform(Gain.calculate("tanh"))),
            new Start("tanh, orthogonal 5/3", Activation.TANH, new Orthogonal(Gain.calculate("tanh"))),
            new Start("tanh, LSUV", Activation.TANH, new Orthogonal(1), Kind.LSUV),
            new Start("ReLU, Xavier uniform", Activation.RELU, new XavierUniform(1)),
            new Start("ReLU, truncated 0.02", Activation.RELU, new TruncatedNormal(0, 0.02, -0.04, 0.04)),
            new Start("ReLU, 90% sparse", Activation.RELU, new Sparse(0.9, Math.sqrt(2 / (0.1 * WIDTH)))),
            new Start(
                    "ReLU, Kaiming uniform",
                    Activation.RELU,
                    new KaimingUniform(FanMode.FAN_IN, Gain.calculate("relu"))),
            new Start("ReLU, Kaiming normal", Activation.RELU, KAIMING),
            new Start("ReLU, LSUV", Activation.RELU, new Orthogonal(1), Kind.LSUV),
            new Start(
                    "3x3, linear, N(0, 1/144)",
                    Activation.IDENTITY,
                    new KaimingNormal(FanMode.FAN_IN, 1),
                    Kind.CONVOLUTION),
            new Start("3x3, linear, Dirac", Activation.IDENTITY, new Dirac(1), Kind.CONVOLUTION),
            new Start("3x3, linear, delta-orth.", Activation.IDENTITY, new DeltaOrthogonal(1), Kind.CONVOLUTION),
            new Start("3x3, ReLU, Kaiming normal", Activation.RELU, KAIMING, Kind.CONVOLUTION));

    private DeepSignal() {}

    /**
     * Runs the program. The exit status is 0, or 2 if an argument is wrong.
     *
     * @param args where to draw the curves, by default {@code target/deepsignal.png}
     */
    public static void main(String[] args) throws IOException {
        // Drawing into a file must not depend on a display.
        System.setProperty("java.awt.headless", "true");
        int status = run(args, System.out, System.err);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** The program, as a function from its arguments and streams to its exit status. */
    static int run(String[] args, PrintStream out, PrintStream err) throws IOException {
        Path picture;
        try {
            picture = PictureFile.from(args, "target/deepsignal.png");
        } catch (IllegalArgumentException e) {
            err.println("DeepSignal: " + e.getMessage());
            return 2;
        }
        // On arrays this small, several native threads do little but wait for each other.
        Nd4j.getEnvironment().setMaxThreads(1);
        Nd4j.getEnvironment().setMaxMasterThreads(1);
        SignalComparison comparison;
        try (ProgressBar bar = ProgressBar.builder()
                .setTaskName("Probing")
                // The other styles need a terminal that shows block characters.
                .setStyle(ProgressBarStyle.ASCII)
                .setUnit(" networks", 1)
                .setInitialMax(STARTS.size())
                .setConsumer(new ConsoleProgressBarConsumer(err))
                .build()) {
            comparison = compare(STARTS, bar::step);
        }
        SignalPlot.write(comparison, picture);

        out.println(comparison.table());
        out.println(comparison.conclusion());
        out.println("Curves: " + picture);
        return 0;
    }

    /** Probes one network for each start. */
    static SignalComparison compare(List<Start> starts, Runnable afterNetwork) {
        List<SignalComparison.Row> rows = new ArrayList<>();
        for (Start start : starts) {
            boolean images = start.kind() == Kind.CONVOLUTION;
            long[] shape = images ? new long[] {IMAGES, CHANNELS, SIDE, SIDE} : new long[] {EXAMPLES, WIDTH};
            Nd4j.getRandom().setSeed(SEED);
            INDArray features = Nd4j.randn(DataType.FLOAT, shape);
            INDArray labels = Nd4j.randn(DataType.FLOAT, shape);
            MultiLayerNetwork network = images ? convolutions(start) : dense(start);
            if (start.kind() == Kind.LSUV) {
                NetworkInitializer.lsuv(network, features);
            }
            rows.add(new SignalComparison.Row(
                    start.name(), start.group(), SignalPropagation.probe(network, features, labels)));
            afterNetwork.run();
        }
        return new SignalComparison(rows);
    }

    private static ListBuilder settings(Start start) {
        return new NeuralNetConfiguration.Builder()
                .seed(SEED)
                .dataType(DataType.FLOAT)
                .weightInit(start.weights())
                .activation(start.activation())
                .convolutionMode(ConvolutionMode.Same)
                .list();
    }

    /** The hidden layers, and a linear layer whose loss sends the gradients back. */
    private static MultiLayerNetwork dense(Start start) {
        ListBuilder list = settings(start);
        for (int i = 0; i < LAYERS; i++) {
            list.layer(new DenseLayer.Builder().nIn(WIDTH).nOut(WIDTH).build());
        }
        list.layer(new OutputLayer.Builder(LossFunction.MSE)
                .nIn(WIDTH)
                .nOut(WIDTH)
                .weightInit(new XavierNormal(1))
                .activation(Activation.IDENTITY)
                .build());
        return built(list);
    }

    /** The same with kernels of 3x3 on small images, and a loss for each pixel. */
    private static MultiLayerNetwork convolutions(Start start) {
        ListBuilder list = settings(start);
        for (int i = 0; i < LAYERS; i++) {
            list.layer(new ConvolutionLayer.Builder(3, 3)
                    .nIn(CHANNELS)
                    .nOut(CHANNELS)
                    .build());
        }
        list.layer(new CnnLossLayer.Builder(LossFunction.MSE)
                .activation(Activation.IDENTITY)
                .build());
        return built(list);
    }

    private static MultiLayerNetwork built(ListBuilder list) {
        MultiLayerNetwork network = new MultiLayerNetwork(list.build());
        network.init();
        return network;
    }
}
