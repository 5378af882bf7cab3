/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
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
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

/** One of DL4J's network classes, with its early stopping trainers, ours and theirs. */
abstract class NetworkKind<T extends Model> {

    private final NetworkClass<T> type;

    private NetworkKind(NetworkClass<T> type) {
        this.type = type;
    }

    /** Both, for tests that hold for both. */
    static Stream<NetworkKind<?>> all() {
        return Stream.of(new Layers(), new Graph());
    }

    NetworkClass<T> type() {
        return type;
    }

    T network() {
        return network(new Adam(0.01));
    }

    /** Dense 4-6-3, each time with the same parameters. */
    T network(IUpdater updater) {
        return type.init(Nets.mlp(settings -> settings.updater(updater)));
    }

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

    @Override
    public String toString() {
        return type.toString();
    }

    private static final class Layers extends NetworkKind<MultiLayerNetwork> {

        Layers() {
            super(NetworkClass.LAYERS);
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
    }

    private static final class Graph extends NetworkKind<ComputationGraph> {

        Graph() {
            super(NetworkClass.GRAPH);
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
    }
}
