/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;

/** One of DL4J's two network classes, for tests that say the same of both. */
public abstract class NetworkClass<T extends Model> {

    /** Layers in a row. */
    public static final NetworkClass<MultiLayerNetwork> LAYERS = new Layers();

    /** The same layers in a row, as a graph. */
    public static final NetworkClass<ComputationGraph> GRAPH = new Graph();

    private final String name;

    private NetworkClass(String name) {
        this.name = name;
    }

    /** Both. */
    public static List<NetworkClass<?>> all() {
        return List.of(LAYERS, GRAPH);
    }

    /** Makes a network of these layers, with the same parameters each time. */
    public abstract T init(MultiLayerConfiguration layers);

    public abstract GradientAccumulationTrainer.Builder builder(T network);

    /** Trains natively. */
    public abstract void fit(T network, DataSetIterator data, int epochs);

    /** Trains natively, one step. */
    public abstract void fit(T network, DataSet data);

    public abstract INDArray updaterState(T network);

    public abstract int iterations(T network);

    public abstract int epochs(T network);

    public abstract void setEpochs(T network, int epochs);

    /** Compares all that training leaves behind. */
    public abstract void assertSame(T ours, T reference, double tolerance);

    /** Loads what {@link #save} wrote, updater included. */
    public abstract T load(File file);

    /** Saves with the updater. */
    public void save(T network, File file) {
        try {
            ModelSerializer.writeModel(network, file, true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }

    private static final class Layers extends NetworkClass<MultiLayerNetwork> {

        Layers() {
            super("MultiLayerNetwork");
        }

        @Override
        public MultiLayerNetwork init(MultiLayerConfiguration layers) {
            return Nets.init(layers);
        }

        @Override
        public GradientAccumulationTrainer.Builder builder(MultiLayerNetwork network) {
            return GradientAccumulationTrainer.builder(network);
        }

        @Override
        public void fit(MultiLayerNetwork network, DataSetIterator data, int epochs) {
            network.fit(data, epochs);
        }

        @Override
        public void fit(MultiLayerNetwork network, DataSet data) {
            network.fit(data);
        }

        @Override
        public INDArray updaterState(MultiLayerNetwork network) {
            return network.updaterState();
        }

        @Override
        public int iterations(MultiLayerNetwork network) {
            return network.getIterationCount();
        }

        @Override
        public int epochs(MultiLayerNetwork network) {
            return network.getEpochCount();
        }

        @Override
        public void setEpochs(MultiLayerNetwork network, int epochs) {
            network.setEpochCount(epochs);
        }

        @Override
        public void assertSame(MultiLayerNetwork ours, MultiLayerNetwork reference, double tolerance) {
            ExactnessCase.assertSame(ours, reference, tolerance);
        }

        @Override
        public MultiLayerNetwork load(File file) {
            try {
                return MultiLayerNetwork.load(file, true);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Graph extends NetworkClass<ComputationGraph> {

        Graph() {
            super("ComputationGraph");
        }

        @Override
        public ComputationGraph init(MultiLayerConfiguration layers) {
            return Nets.init(layers).toComputationGraph();
        }

        @Override
        public GradientAccumulationTrainer.Builder builder(ComputationGraph network) {
            return GradientAccumulationTrainer.builder(network);
        }

        @Override
        public void fit(ComputationGraph network, DataSetIterator data, int epochs) {
            network.fit(data, epochs);
        }

        @Override
        public void fit(ComputationGraph network, DataSet data) {
            network.fit(data);
        }

        @Override
        public INDArray updaterState(ComputationGraph network) {
            return network.updaterState();
        }

        @Override
        public int iterations(ComputationGraph network) {
            return network.getIterationCount();
        }

        @Override
        public int epochs(ComputationGraph network) {
            return network.getEpochCount();
        }

        @Override
        public void setEpochs(ComputationGraph network, int epochs) {
            network.getConfiguration().setEpochCount(epochs);
        }

        @Override
        public void assertSame(ComputationGraph ours, ComputationGraph reference, double tolerance) {
            GraphCase.assertSame(ours, reference, tolerance);
        }

        @Override
        public ComputationGraph load(File file) {
            try {
                return ComputationGraph.load(file, true);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
