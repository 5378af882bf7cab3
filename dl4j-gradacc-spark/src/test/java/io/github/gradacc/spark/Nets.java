/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.DoubleSupplier;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Networks with the same parameters each time, in DOUBLE unless another type is asked for, and batches for them in
 * several partitions.
 */
final class Nets {

    /** Uneven, and one of them empty. */
    private static final List<List<Integer>> UNEVEN = List.of(List.of(5, 2), List.of(), List.of(4, 3, 7));

    private Nets() {}

    /**
     * A row of a test.
     *
     * @param sizes of the batches of each partition
     * @param batch makes a batch of a size from a source of numbers
     */
    record Row(
            String name,
            InputType input,
            List<Layer> layers,
            List<List<Integer>> sizes,
            BiFunction<Integer, Random, DataSet> batch) {

        MultiLayerNetwork network() {
            return network(settings());
        }

        /** In another type, whose steps are plain enough to follow its rounding. */
        MultiLayerNetwork network(DataType type) {
            return network(settings().dataType(type).updater(new Sgd(0.5)).l2(0));
        }

        private MultiLayerNetwork network(NeuralNetConfiguration.Builder settings) {
            var list = settings.list();
            layers.forEach(layer -> list.layer(layer.clone()));
            MultiLayerNetwork network =
                    new MultiLayerNetwork(list.setInputType(input).build());
            network.init();
            return network;
        }

        List<List<DataSet>> partitions(int seed) {
            Random random = new Random(seed);
            List<List<DataSet>> partitions = new ArrayList<>();
            for (List<Integer> each : sizes) {
                List<DataSet> batches = new ArrayList<>();
                for (int size : each) {
                    batches.add(batch.apply(size, random));
                }
                partitions.add(batches);
            }
            return partitions;
        }

        int batches() {
            int batches = 0;
            for (List<Integer> each : sizes) {
                batches += each.size();
            }
            return batches;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Row mlp() {
        return dense("dense", UNEVEN, new DenseLayer.Builder().nOut(6).build(), softmax());
    }

    static Row hooked(ILossFunction loss) {
        return dense(
                "hooked",
                List.of(List.of(3), List.of(2, 4), List.of(1), List.of(5)),
                new DenseLayer.Builder().nOut(6).build(),
                new OutputLayer.Builder(loss)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build());
    }

    static Row oneExampleEach() {
        return dense(
                "one example in each of more partitions than executors",
                Collections.nCopies(5, List.of(1)),
                new DenseLayer.Builder().nOut(6).build(),
                softmax());
    }

    static Row morePartitionsThanBatches() {
        return dense(
                "more partitions than batches",
                List.of(List.of(), List.of(3), List.of(), List.of(), List.of(4), List.of()),
                new DenseLayer.Builder().nOut(6).build(),
                softmax());
    }

    /** What is regularized and clipped must be so once, and not for each partition. */
    static Row clipped() {
        return dense(
                "L1, weight decay and clipping",
                UNEVEN,
                new DenseLayer.Builder()
                        .nOut(6)
                        .l1(0.02)
                        .weightDecay(0.03)
                        .gradientNormalization(GradientNormalization.ClipL2PerLayer)
                        .gradientNormalizationThreshold(0.05)
                        .build(),
                softmax());
    }

    static Row centerLoss() {
        return dense(
                "center loss",
                UNEVEN,
                new DenseLayer.Builder().nOut(5).build(),
                new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build());
    }

    static Row frozen() {
        return dense(
                "frozen",
                UNEVEN,
                new FrozenLayer(new DenseLayer.Builder().nOut(6).build()),
                new DenseLayer.Builder().nOut(5).build(),
                softmax());
    }

    static Row batchNorm() {
        return dense(
                "batch norm", UNEVEN, new DenseLayer.Builder().nOut(6).build(), new BatchNormalization(), softmax());
    }

    /** One micro-batch sees all examples: what normalizes within it then equals native training, too. */
    static Row batchNormInOnePlace() {
        return dense(
                "batch norm in one batch",
                List.of(List.of(), List.of(9), List.of()),
                new DenseLayer.Builder().nOut(6).build(),
                new BatchNormalization(),
                softmax());
    }

    static Row dropout() {
        return dense(
                "dropout",
                UNEVEN,
                new DenseLayer.Builder().nOut(9).dropOut(new Dropout(0.7)).build(),
                softmax());
    }

    static Row leNet() {
        return new Row(
                "LeNet",
                InputType.convolutional(12, 12, 1),
                List.of(
                        new ConvolutionLayer.Builder(3, 3).nOut(4).build(),
                        new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                                .kernelSize(2, 2)
                                .stride(2, 2)
                                .build(),
                        new ConvolutionLayer.Builder(2, 2).nOut(5).build(),
                        new DenseLayer.Builder().nOut(10).build(),
                        softmax()),
                UNEVEN,
                (size, random) -> new DataSet(normal(random, size, 1, 12, 12), oneHot(random, size)));
    }

    static Row maskedSequences() {
        return new Row(
                "LSTM with masks",
                InputType.recurrent(2),
                List.of(
                        new LSTM.Builder().nOut(4).build(),
                        new RnnOutputLayer.Builder(LossFunction.MCXENT)
                                .nOut(3)
                                .activation(Activation.SOFTMAX)
                                .build()),
                UNEVEN,
                (size, random) -> {
                    INDArray labels = Nd4j.zeros(DataType.DOUBLE, size, 3, 6);
                    INDArray mask = Nd4j.zeros(DataType.DOUBLE, size, 6);
                    for (int i = 0; i < size; i++) {
                        int length = 1 + random.nextInt(6);
                        for (int t = 0; t < length; t++) {
                            labels.putScalar(new int[] {i, random.nextInt(3), t}, 1);
                            mask.putScalar(i, t, 1);
                        }
                    }
                    return new DataSet(normal(random, size, 2, 6), labels, mask, mask.dup());
                });
    }

    static ComputationGraph twoInputs() {
        ComputationGraph graph = new ComputationGraph(settings()
                .graphBuilder()
                .addInputs("left", "right")
                .setInputTypes(InputType.feedForward(4), InputType.feedForward(2))
                .addLayer("a", new DenseLayer.Builder().nOut(5).build(), "left")
                .addLayer("b", new DenseLayer.Builder().nOut(3).build(), "right")
                .addVertex("both", new MergeVertex(), "a", "b")
                .addLayer("out", softmax(), "both")
                .setOutputs("out")
                .build());
        graph.init();
        return graph;
    }

    /** Three batches for {@link #twoInputs()}. */
    static List<MultiDataSet> pairs(int seed) {
        Random random = new Random(seed);
        List<MultiDataSet> batches = new ArrayList<>();
        for (int size : new int[] {3, 5, 2}) {
            batches.add(new org.nd4j.linalg.dataset.MultiDataSet(
                    new INDArray[] {normal(random, size, 4), normal(random, size, 2)},
                    new INDArray[] {oneHot(random, size)}));
        }
        return batches;
    }

    private static Row dense(String name, List<List<Integer>> sizes, Layer... layers) {
        return new Row(
                name,
                InputType.feedForward(4),
                List.of(layers),
                sizes,
                (size, random) -> new DataSet(normal(random, size, 4), oneHot(random, size)));
    }

    private static NeuralNetConfiguration.Builder settings() {
        return new NeuralNetConfiguration.Builder()
                .seed(12345)
                .dataType(DataType.DOUBLE)
                .updater(new Adam(0.01))
                .l2(1e-3)
                .activation(Activation.TANH);
    }

    private static Layer softmax() {
        return new OutputLayer.Builder(LossFunction.MCXENT)
                .nOut(3)
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static INDArray normal(Random random, long... shape) {
        return fill(shape, random::nextGaussian);
    }

    private static INDArray fill(long[] shape, DoubleSupplier value) {
        INDArray array = Nd4j.create(DataType.DOUBLE, shape);
        for (long i = 0; i < array.length(); i++) {
            array.putScalar(i, value.getAsDouble());
        }
        return array;
    }

    private static INDArray oneHot(Random random, int examples) {
        INDArray labels = Nd4j.zeros(DataType.DOUBLE, examples, 3);
        for (int i = 0; i < examples; i++) {
            labels.putScalar(i, random.nextInt(3), 1);
        }
        return labels;
    }
}
