/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * The residual network of {@link Workload#RESNET}. A convolution {@code x} is followed by its batch normalization
 * {@code x-norm}; a block {@code b} has the convolutions {@code b-1} and {@code b-2}, and {@code b-around} if its
 * input has another shape than its output.
 */
final class ResidualGraph {

    private static final int NARROW = 16;
    private static final int WIDE = 32;

    private final GraphBuilder graph;

    private ResidualGraph(GraphBuilder graph) {
        this.graph = graph;
    }

    /** On square pictures of a side length in pixels. */
    static ComputationGraphConfiguration configuration(
            NeuralNetConfiguration.Builder start, int channels, int side, int classes) {
        var made = new ResidualGraph(start.graphBuilder().addInputs("in"));
        String stem = made.rectified(made.convolution("stem", "in", NARROW, 3, 1));
        String a = made.block("a", stem, stem, NARROW, 1);
        String b = made.block("b", a, made.convolution("b-around", a, WIDE, 1, 2), WIDE, 2);
        String c = made.block("c", b, b, WIDE, 1);
        return made.graph
                .addLayer("mean", new GlobalPoolingLayer.Builder(PoolingType.AVG).build(), c)
                .addLayer(
                        "out",
                        new OutputLayer.Builder(LossFunction.MCXENT)
                                .nOut(classes)
                                .activation(Activation.SOFTMAX)
                                .build(),
                        "mean")
                .setOutputs("out")
                .setInputTypes(InputType.convolutional(side, side, channels))
                .build();
    }

    private String block(String name, String input, String around, int channels, int stride) {
        String inner = rectified(convolution(name + "-1", input, channels, 3, stride));
        String through = convolution(name + "-2", inner, channels, 3, 1);
        graph.addVertex(name, new ElementWiseVertex(ElementWiseVertex.Op.Add), through, around);
        return rectified(name);
    }

    /** A convolution without bias, normalized. */
    private String convolution(String name, String input, int channels, int kernel, int stride) {
        graph.addLayer(
                name,
                new ConvolutionLayer.Builder(kernel, kernel)
                        .stride(stride, stride)
                        .padding(kernel / 2, kernel / 2)
                        .nOut(channels)
                        .hasBias(false)
                        .activation(Activation.IDENTITY)
                        .build(),
                input);
        graph.addLayer(name + "-norm", new BatchNormalization.Builder().build(), name);
        return name + "-norm";
    }

    private String rectified(String input) {
        graph.addLayer(input + "-relu", new ActivationLayer(Activation.RELU), input);
        return input + "-relu";
    }
}
