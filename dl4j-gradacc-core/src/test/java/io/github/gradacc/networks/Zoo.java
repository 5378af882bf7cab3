/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.networks;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.zoo.model.AlexNet;
import org.deeplearning4j.zoo.model.Darknet19;
import org.deeplearning4j.zoo.model.FaceNetNN4Small2;
import org.deeplearning4j.zoo.model.LeNet;
import org.deeplearning4j.zoo.model.SimpleCNN;
import org.deeplearning4j.zoo.model.SqueezeNet;
import org.deeplearning4j.zoo.model.TextGenerationLSTM;
import org.deeplearning4j.zoo.model.TinyYOLO;
import org.deeplearning4j.zoo.model.UNet;
import org.deeplearning4j.zoo.model.Xception;

/**
 * Configurations of DL4J's zoo in DOUBLE, for small inputs. Models of millions of parameters have an eighth of the
 * units in each layer: what layers there are and how they are connected is what the model adds, and it stays. No
 * weights are downloaded.
 */
final class Zoo {

    static final int CLASSES = 3;

    /** With five boxes, 35 channels in front of the loss: few enough to be left alone. */
    static final int YOLO_CLASSES = 2;

    /** Two cells by two of 32 pixels for the detection of objects. */
    static final int YOLO_SIDE = 64;

    /** The smallest input that keeps one pixel to the end. */
    static final int SQUEEZENET_SIDE = 31;

    /** As for SqueezeNet. */
    static final int ALEXNET_SIDE = 63;

    /** More than the fifty steps of a segment. */
    static final int TEXT_STEPS = 56;

    private Zoo() {}

    static MultiLayerConfiguration leNet() {
        return Configurations.inDouble(LeNet.builder()
                .inputShape(new int[] {1, 8, 8})
                .numClasses(CLASSES)
                .build()
                .conf());
    }

    static MultiLayerConfiguration alexNet(Change change) {
        MultiLayerConfiguration configuration = Configurations.inDouble(AlexNet.builder()
                .inputShape(new int[] {3, ALEXNET_SIDE, ALEXNET_SIDE})
                .numClasses(CLASSES)
                .build()
                .conf());
        Configurations.narrow(configuration, InputType.convolutional(ALEXNET_SIDE, ALEXNET_SIDE, 3));
        change.applyTo(configuration.getConfs());
        return configuration;
    }

    static MultiLayerConfiguration textGenerationLstm() {
        // The model's own default for the shape is null: its builder overlooks it.
        MultiLayerConfiguration configuration = Configurations.inDouble(TextGenerationLSTM.builder()
                .inputShape(new int[] {TEXT_STEPS, CLASSES})
                .totalUniqueCharacters(CLASSES)
                .build()
                .conf());
        Configurations.narrow(configuration, InputType.recurrent(CLASSES));
        return configuration;
    }

    /** The model ends with its activations, and is given a loss here. */
    static MultiLayerConfiguration simpleCnn(Change change) {
        MultiLayerConfiguration configuration = Configurations.inDouble(SimpleCNN.builder()
                .inputShape(new int[] {3, 16, 16})
                .numClasses(CLASSES)
                .build()
                .conf());
        change.applyTo(configuration.getConfs());
        Configurations.endWithLoss(configuration);
        return configuration;
    }

    static ComputationGraphConfiguration squeezeNet(Change change) {
        ComputationGraphConfiguration configuration =
                of(SqueezeNet.builder().numClasses(CLASSES).build().graphBuilder(), SQUEEZENET_SIDE);
        change.applyTo(Configurations.layers(configuration));
        return configuration;
    }

    static ComputationGraphConfiguration uNet(Change change) {
        return narrow(of(UNet.builder().build().graphBuilder(), 16), 16, change);
    }

    static ComputationGraphConfiguration xception(Change change) {
        GraphBuilder builder = Xception.builder().numClasses(CLASSES).build().graphBuilder();
        return narrow(of(builder, 7), 7, change);
    }

    static ComputationGraphConfiguration darknet19(Change change) {
        return narrow(
                Darknet19.builder()
                        .inputShape(new int[] {3, 32, 32})
                        .numClasses(CLASSES)
                        .build()
                        .conf(),
                32,
                change);
    }

    static ComputationGraphConfiguration tinyYolo(Change change) {
        return narrow(
                TinyYOLO.builder()
                        .inputShape(new int[] {3, YOLO_SIDE, YOLO_SIDE})
                        .numClasses(YOLO_CLASSES)
                        .build()
                        .conf(),
                YOLO_SIDE,
                change);
    }

    static ComputationGraphConfiguration faceNet(Change change) {
        return narrow(
                FaceNetNN4Small2.builder()
                        .inputShape(new int[] {3, 32, 32})
                        .numClasses(CLASSES)
                        .build()
                        .conf(),
                32,
                change);
    }

    private static ComputationGraphConfiguration of(GraphBuilder model, int side) {
        return Configurations.inDouble(model.addInputs("input")
                .setInputTypes(InputType.convolutional(side, side, 3))
                .build());
    }

    private static ComputationGraphConfiguration narrow(
            ComputationGraphConfiguration configuration, int side, Change change) {
        change.applyTo(Configurations.layers(configuration));
        Configurations.narrow(configuration, InputType.convolutional(side, side, 3));
        return Configurations.inDouble(configuration);
    }
}
