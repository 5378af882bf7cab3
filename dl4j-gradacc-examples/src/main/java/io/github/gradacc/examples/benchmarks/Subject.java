/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.tune.MicroBatchTuner;
import java.util.Map;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** The network that is measured, of either of DL4J's classes. */
interface Subject {

    /** The network itself: what both classes do alike. */
    NeuralNetwork network();

    /** A trainer for it, to be configured. */
    GradientAccumulationTrainer.Builder trainer();

    /** A tuner for it. */
    MicroBatchTuner tuner();

    /** A forward and a backward pass, and nothing else. */
    void pass(DataSet microBatch);

    /** The loss of the last pass: the mean over its examples. */
    double score();

    /** The gradient of the last pass, by name of parameter: the sum over its examples, not copied. */
    Gradient gradient();

    /** The gradient as one array, not copied. */
    INDArray flattenedGradient();

    /** The parameters by name, not copied. */
    Map<String, INDArray> parameters();

    /** A copy, made as a new network is. */
    Subject copy();

    /** A new stack of layers. */
    static Subject of(MultiLayerConfiguration configuration) {
        MultiLayerNetwork network = new MultiLayerNetwork(configuration);
        network.init();
        return new Stack(network);
    }

    /** A new graph. */
    static Subject of(ComputationGraphConfiguration configuration) {
        ComputationGraph network = new ComputationGraph(configuration);
        network.init();
        return new Graph(network);
    }

    /** A stack of layers. */
    record Stack(MultiLayerNetwork network) implements Subject {

        @Override
        public GradientAccumulationTrainer.Builder trainer() {
            return GradientAccumulationTrainer.builder(network);
        }

        @Override
        public MicroBatchTuner tuner() {
            return MicroBatchTuner.of(network);
        }

        @Override
        public void pass(DataSet microBatch) {
            network.setInput(microBatch.getFeatures());
            network.setLabels(microBatch.getLabels());
            network.computeGradientAndScore();
        }

        @Override
        public double score() {
            return network.score();
        }

        @Override
        public Gradient gradient() {
            return network.gradient();
        }

        @Override
        public INDArray flattenedGradient() {
            return network.getFlattenedGradients();
        }

        @Override
        public Map<String, INDArray> parameters() {
            return network.paramTable();
        }

        @Override
        public Subject copy() {
            return new Stack(network.clone());
        }
    }

    /** A graph with one input and one output. */
    record Graph(ComputationGraph network) implements Subject {

        @Override
        public GradientAccumulationTrainer.Builder trainer() {
            return GradientAccumulationTrainer.builder(network);
        }

        @Override
        public MicroBatchTuner tuner() {
            return MicroBatchTuner.of(network);
        }

        @Override
        public void pass(DataSet microBatch) {
            network.setInputs(microBatch.getFeatures());
            network.setLabels(microBatch.getLabels());
            network.computeGradientAndScore();
        }

        @Override
        public double score() {
            return network.score();
        }

        @Override
        public Gradient gradient() {
            return network.gradient();
        }

        @Override
        public INDArray flattenedGradient() {
            return network.getFlattenedGradients();
        }

        @Override
        public Map<String, INDArray> parameters() {
            return network.paramTable();
        }

        @Override
        public Subject copy() {
            return new Graph(network.clone());
        }
    }
}
