/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** A network in FLOAT with Adam, and random data for it: what it learns does not matter here. */
enum Workload {

    /**
     * Three hidden layers of 1024 units on 784 inputs: 2.9 million parameters, nearly all the time in matrix
     * products.
     */
    MLP("MLP 784-1024x3-10") {
        @Override
        Subject network() {
            return Subject.of(start().list()
                    .layer(dense(1024))
                    .layer(dense(1024))
                    .layer(dense(1024))
                    .layer(output())
                    .setInputType(InputType.feedForward(PIXELS))
                    .build());
        }

        @Override
        DataSet data(int examples) {
            return new DataSet(Nd4j.rand(DataType.FLOAT, examples, PIXELS), oneHot(examples));
        }
    },

    /**
     * Two hidden layers of 4096 units on 784 inputs: 20 million parameters, so that few examples are little work each.
     */
    WIDE("dense 784-4096x2-10") {
        @Override
        Subject network() {
            return Subject.of(start().list()
                    .layer(dense(4096))
                    .layer(dense(4096))
                    .layer(output())
                    .setInputType(InputType.feedForward(PIXELS))
                    .build());
        }

        @Override
        DataSet data(int examples) {
            return new DataSet(Nd4j.rand(DataType.FLOAT, examples, PIXELS), oneHot(examples));
        }
    },

    /** Two 5x5 convolutions of 20 and 50 channels, each with max pooling, and 500 dense units, on 28x28 pixels. */
    LENET("LeNet 20/50/500") {
        @Override
        Subject network() {
            return Subject.of(start().list()
                    .layer(convolution(20))
                    .layer(pooling())
                    .layer(convolution(50))
                    .layer(pooling())
                    .layer(dense(500))
                    .layer(output())
                    .setInputType(InputType.convolutional(SIDE, SIDE, 1))
                    .build());
        }

        @Override
        DataSet data(int examples) {
            return new DataSet(Nd4j.rand(DataType.FLOAT, examples, 1, SIDE, SIDE), oneHot(examples));
        }
    },

    /**
     * 128 LSTM units, sequences of 64 time steps, truncated BPTT in segments of 16: four optimizer steps per window.
     */
    LSTM("LSTM 32-128-10, TBPTT 4x16") {
        @Override
        Subject network() {
            return Subject.of(start().list()
                    .layer(lstm())
                    .layer(outputOfSequences())
                    .setInputType(InputType.recurrent(SEQUENCE_FEATURES))
                    .backpropType(BackpropType.TruncatedBPTT)
                    .tBPTTLength(SEGMENT)
                    .build());
        }

        @Override
        DataSet data(int examples) {
            return sequences(examples);
        }
    },

    /** The same, trained on whole sequences: one optimizer step per window. */
    LSTM_WHOLE("LSTM 32-128-10, 64 steps") {
        @Override
        Subject network() {
            return Subject.of(start().list()
                    .layer(lstm())
                    .layer(outputOfSequences())
                    .setInputType(InputType.recurrent(SEQUENCE_FEATURES))
                    .build());
        }

        @Override
        DataSet data(int examples) {
            return sequences(examples);
        }
    },

    /**
     * Eight convolutions of 16 and 32 channels with batch normalization, on 32x32 pixels in three colors: one, three
     * blocks of two with a way around each, and one for the way around the block that halves the picture. Padding is
     * given in numbers, since {@code Same} is not the same everywhere where a stride is 2.
     */
    RESNET("ResNet 8 conv, 16/32") {
        @Override
        Subject network() {
            return Subject.of(ResidualGraph.configuration(start(), COLORS, PICTURE, CLASSES));
        }

        @Override
        DataSet data(int examples) {
            return new DataSet(Nd4j.rand(DataType.FLOAT, examples, COLORS, PICTURE, PICTURE), oneHot(examples));
        }
    };

    private static final int SIDE = 28;
    private static final int PIXELS = SIDE * SIDE;
    private static final int COLORS = 3;
    private static final int PICTURE = 32;
    private static final int CLASSES = 10;
    private static final int SEQUENCE_FEATURES = 32;
    private static final int SEQUENCE_LENGTH = 64;
    private static final int SEGMENT = 16;
    private static final long SEED = 12345;

    private final String title;

    Workload(String title) {
        this.title = title;
    }

    /** The name to print. */
    String title() {
        return title;
    }

    /** Returns a new network, the same in every call. */
    abstract Subject network();

    /** Random examples, drawn from the calling thread's generator. */
    abstract DataSet data(int examples);

    private static NeuralNetConfiguration.Builder start() {
        return new NeuralNetConfiguration.Builder()
                .seed(SEED)
                .dataType(DataType.FLOAT)
                .weightInit(WeightInit.XAVIER)
                .updater(new Adam(1e-3));
    }

    private static Layer convolution(int channels) {
        return new ConvolutionLayer.Builder(5, 5)
                .nOut(channels)
                .activation(Activation.IDENTITY)
                .build();
    }

    private static Layer pooling() {
        return new SubsamplingLayer.Builder(PoolingType.MAX)
                .kernelSize(2, 2)
                .stride(2, 2)
                .build();
    }

    private static Layer dense(int units) {
        return new DenseLayer.Builder().nOut(units).activation(Activation.RELU).build();
    }

    private static Layer output() {
        return new OutputLayer.Builder(LossFunction.MCXENT)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static Layer lstm() {
        return new LSTM.Builder().nOut(128).activation(Activation.TANH).build();
    }

    private static Layer outputOfSequences() {
        return new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .nOut(CLASSES)
                .activation(Activation.SOFTMAX)
                .build();
    }

    private static DataSet sequences(int examples) {
        INDArray labels = oneHot(examples * SEQUENCE_LENGTH).reshape(examples, SEQUENCE_LENGTH, CLASSES);
        return new DataSet(
                Nd4j.rand(DataType.FLOAT, examples, SEQUENCE_FEATURES, SEQUENCE_LENGTH),
                labels.permute(0, 2, 1).dup('c'));
    }

    /** Class i mod 10 for row i; shape [rows, 10]. */
    private static INDArray oneHot(int rows) {
        float[] labels = new float[rows * CLASSES];
        for (int row = 0; row < rows; row++) {
            labels[row * CLASSES + row % CLASSES] = 1;
        }
        return Nd4j.createFromArray(labels).reshape(rows, CLASSES);
    }
}
