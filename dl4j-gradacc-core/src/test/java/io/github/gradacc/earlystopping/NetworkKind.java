/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingModelSaver;
import org.deeplearning4j.earlystopping.saver.LocalFileGraphSaver;
import org.deeplearning4j.earlystopping.saver.LocalFileModelSaver;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingGraphTrainer;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer;
import org.deeplearning4j.earlystopping.trainer.IEarlyStoppingTrainer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

/** One of DL4J's network classes, with its early stopping trainers, ours and theirs. */
abstract class NetworkKind<T extends Model> {

    private final String name;

    private NetworkKind(String name) {
        this.name = name;
    }

    /** Both, for tests that hold for both. */
    static Stream<NetworkKind<?>> all() {
        return Stream.of(new Layers(), new Graph());
    }

    T network() {
        return network(new Adam(0.01));
    }

    /** Dense 4-6-3, each time with the same parameters. */
    abstract T network(IUpdater updater);

    abstract IEarlyStoppingTrainer<T> accumulating(
            EarlyStoppingConfiguration<T> configuration,
            T network,
            DataSetIterator data,
            UnaryOperator<GradientAccumulationTrainer.Builder> accumulation);

    abstract IEarlyStoppingTrainer<T> accumulating(
            EarlyStoppingConfiguration<T> configuration,
            T network,
            MultiDataSetIterator data,
            UnaryOperator<GradientAccumulationTrainer.Builder> accumulation);

    abstract IEarlyStoppingTrainer<T> reference(
            EarlyStoppingConfiguration<T> configuration, T network, DataSetIterator data);

    abstract EarlyStoppingModelSaver<T> fileSaver(Path directory);

    abstract void fit(T network, DataSet batch);

    abstract INDArray updaterState(T network);

    abstract int iterations(T network);

    abstract int epochs(T network);

    abstract void setEpochs(T network, int epochs);

    @Override
    public String toString() {
        return name;
    }

    private static final class Layers extends NetworkKind<MultiLayerNetwork> {

        Layers() {
            super("MultiLayerNetwork");
        }

        @Override
        MultiLayerNetwork network(IUpdater updater) {
            return Nets.init(Nets.mlp(settings -> settings.updater(updater)));
        }

        @Override
        IEarlyStoppingTrainer<MultiLayerNetwork> accumulating(
                EarlyStoppingConfiguration<MultiLayerNetwork> configuration,
                MultiLayerNetwork network,
                DataSetIterator data,
                UnaryOperator<GradientAccumulationTrainer.Builder> accumulation) {
            return new AccumulatingEarlyStoppingTrainer(configuration, network, data, accumulation);
        }

        @Override
        IEarlyStoppingTrainer<MultiLayerNetwork> accumulating(
                EarlyStoppingConfiguration<MultiLayerNetwork> configuration,
                MultiLayerNetwork network,
                MultiDataSetIterator data,
                UnaryOperator<GradientAccumulationTrainer.Builder> accumulation) {
            return new AccumulatingEarlyStoppingTrainer(configuration, network, data, accumulation);
        }

        @Override
        IEarlyStoppingTrainer<MultiLayerNetwork> reference(
                EarlyStoppingConfiguration<MultiLayerNetwork> configuration,
                MultiLayerNetwork network,
                DataSetIterator data) {
            return new EarlyStoppingTrainer(configuration, network, data);
        }

        @Override
        EarlyStoppingModelSaver<MultiLayerNetwork> fileSaver(Path directory) {
            return new LocalFileModelSaver(directory.toString());
        }

        @Override
        void fit(MultiLayerNetwork network, DataSet batch) {
            network.fit(batch);
        }

        @Override
        INDArray updaterState(MultiLayerNetwork network) {
            return network.updaterState();
        }

        @Override
        int iterations(MultiLayerNetwork network) {
            return network.getIterationCount();
        }

        @Override
        int epochs(MultiLayerNetwork network) {
            return network.getEpochCount();
        }

        @Override
        void setEpochs(MultiLayerNetwork network, int epochs) {
            network.setEpochCount(epochs);
        }
    }

    private static final class Graph extends NetworkKind<ComputationGraph> {

        Graph() {
            super("ComputationGraph");
        }

        @Override
        ComputationGraph network(IUpdater updater) {
            return Nets.init(Nets.mlp(settings -> settings.updater(updater))).toComputationGraph();
        }

        @Override
        IEarlyStoppingTrainer<ComputationGraph> accumulating(
                EarlyStoppingConfiguration<ComputationGraph> configuration,
                ComputationGraph network,
                DataSetIterator data,
                UnaryOperator<GradientAccumulationTrainer.Builder> accumulation) {
            return new AccumulatingEarlyStoppingGraphTrainer(configuration, network, data, accumulation);
        }

        @Override
        IEarlyStoppingTrainer<ComputationGraph> accumulating(
                EarlyStoppingConfiguration<ComputationGraph> configuration,
                ComputationGraph network,
                MultiDataSetIterator data,
                UnaryOperator<GradientAccumulationTrainer.Builder> accumulation) {
            return new AccumulatingEarlyStoppingGraphTrainer(configuration, network, data, accumulation);
        }

        @Override
        IEarlyStoppingTrainer<ComputationGraph> reference(
                EarlyStoppingConfiguration<ComputationGraph> configuration,
                ComputationGraph network,
                DataSetIterator data) {
            return new EarlyStoppingGraphTrainer(configuration, network, data);
        }

        @Override
        EarlyStoppingModelSaver<ComputationGraph> fileSaver(Path directory) {
            return new LocalFileGraphSaver(directory.toString());
        }

        @Override
        void fit(ComputationGraph network, DataSet batch) {
            network.fit(batch);
        }

        @Override
        INDArray updaterState(ComputationGraph network) {
            return network.updaterState();
        }

        @Override
        int iterations(ComputationGraph network) {
            return network.getIterationCount();
        }

        @Override
        int epochs(ComputationGraph network) {
            return network.getEpochCount();
        }

        @Override
        void setEpochs(ComputationGraph network, int epochs) {
            network.getConfiguration().setEpochCount(epochs);
        }
    }
}
