/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import io.github.gradacc.probe.ExactnessMeasurement;
import io.github.gradacc.probe.ExactnessReport;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/** One of DL4J's two network classes, for tests that say the same of both. */
public abstract class NetworkClass<T extends Model> {

    /** Layers in a row. */
    public static final NetworkClass<MultiLayerNetwork> LAYERS = new Layers();

    /** Graphs; from layers in a row, the graph of these layers. */
    public static final NetworkClass<ComputationGraph> GRAPH = new Graph();

    private final String name;

    private NetworkClass(String name) {
        this.name = name;
    }

    /** Both. */
    public static List<NetworkClass<?>> all() {
        return List.of(LAYERS, GRAPH);
    }

    @SuppressWarnings("unchecked")
    public static <T extends Model> NetworkClass<T> of(T network) {
        return (NetworkClass<T>) (network instanceof ComputationGraph ? GRAPH : LAYERS);
    }

    /** Makes a network of these layers, with the same parameters each time. */
    public abstract T init(MultiLayerConfiguration layers);

    /** Makes a network of this graph, with the same parameters each time. */
    public abstract T init(ComputationGraphConfiguration graph);

    public abstract GradientAccumulationTrainer.Builder builder(T network);

    public abstract ExactnessReport report(T network);

    public abstract ExactnessMeasurement measure(T network, MultiDataSet data);

    public abstract int iterations(T network);

    public abstract int epochs(T network);

    public abstract void setEpochs(T network, int epochs);

    /** Milliseconds spent waiting for the data of the last step. */
    public abstract long lastEtlTime(T network);

    public abstract Layer[] layers(T network);

    public abstract Collection<TrainingListener> listeners(T network);

    /** Trains natively. */
    public abstract void fit(T network, DataSetIterator data, int epochs);

    /** Trains natively. */
    public abstract void fit(T network, MultiDataSetIterator data, int epochs);

    /** Trains natively, one step. */
    public void fit(T network, DataSet data) {
        ((NeuralNetwork) network).fit(data);
    }

    public INDArray updaterState(T network) {
        return ((NeuralNetwork) network).updaterState();
    }

    /** Saves with the updater. */
    public void save(T network, File file) {
        try {
            ModelSerializer.writeModel(network, file, true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Loads what {@link #save} wrote, updater included. */
    public T load(File file) {
        try {
            return read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    abstract T read(File file) throws IOException;

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
        public MultiLayerNetwork init(ComputationGraphConfiguration graph) {
            throw new UnsupportedOperationException("not every graph is layers in a row");
        }

        @Override
        public GradientAccumulationTrainer.Builder builder(MultiLayerNetwork network) {
            return GradientAccumulationTrainer.builder(network);
        }

        @Override
        public ExactnessReport report(MultiLayerNetwork network) {
            return ExactnessReport.of(network);
        }

        @Override
        public ExactnessMeasurement measure(MultiLayerNetwork network, MultiDataSet data) {
            return ExactnessReport.measure(network, data);
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
        public long lastEtlTime(MultiLayerNetwork network) {
            return network.getLastEtlTime();
        }

        @Override
        public Layer[] layers(MultiLayerNetwork network) {
            return network.getLayers();
        }

        @Override
        public Collection<TrainingListener> listeners(MultiLayerNetwork network) {
            return network.getListeners();
        }

        @Override
        public void fit(MultiLayerNetwork network, DataSetIterator data, int epochs) {
            network.fit(data, epochs);
        }

        @Override
        public void fit(MultiLayerNetwork network, MultiDataSetIterator data, int epochs) {
            network.fit(data, epochs);
        }

        @Override
        MultiLayerNetwork read(File file) throws IOException {
            return MultiLayerNetwork.load(file, true);
        }
    }

    private static final class Graph extends NetworkClass<ComputationGraph> {

        Graph() {
            super("ComputationGraph");
        }

        /** DL4J's own conversion forgets about truncated BPTT, the seed, workspaces and sums in place of means. */
        @Override
        public ComputationGraph init(MultiLayerConfiguration layers) {
            MultiLayerNetwork network = Nets.init(layers);
            ComputationGraph graph = network.toComputationGraph();
            graph.getConfiguration().setBackpropType(layers.getBackpropType());
            graph.getConfiguration().setTbpttFwdLength(layers.getTbpttFwdLength());
            graph.getConfiguration().setTbpttBackLength(layers.getTbpttBackLength());
            graph.conf().setSeed(network.conf().getSeed());
            graph.getConfiguration().setTrainingWorkspaceMode(layers.getTrainingWorkspaceMode());
            boolean miniBatch = network.conf().isMiniBatch();
            graph.conf().setMiniBatch(miniBatch);
            for (Layer layer : graph.getLayers()) {
                layer.conf().setMiniBatch(miniBatch);
            }
            return graph;
        }

        @Override
        public ComputationGraph init(ComputationGraphConfiguration configuration) {
            ComputationGraph graph = new ComputationGraph(configuration);
            graph.init();
            return graph;
        }

        @Override
        public GradientAccumulationTrainer.Builder builder(ComputationGraph network) {
            return GradientAccumulationTrainer.builder(network);
        }

        @Override
        public ExactnessReport report(ComputationGraph network) {
            return ExactnessReport.of(network);
        }

        @Override
        public ExactnessMeasurement measure(ComputationGraph network, MultiDataSet data) {
            return ExactnessReport.measure(network, data);
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
        public long lastEtlTime(ComputationGraph network) {
            return network.getLastEtlTime();
        }

        @Override
        public Layer[] layers(ComputationGraph network) {
            return network.getLayers();
        }

        @Override
        public Collection<TrainingListener> listeners(ComputationGraph network) {
            return network.getListeners();
        }

        @Override
        public void fit(ComputationGraph network, DataSetIterator data, int epochs) {
            network.fit(data, epochs);
        }

        @Override
        public void fit(ComputationGraph network, MultiDataSetIterator data, int epochs) {
            network.fit(data, epochs);
        }

        @Override
        ComputationGraph read(File file) throws IOException {
            return ComputationGraph.load(file, true);
        }
    }
}
