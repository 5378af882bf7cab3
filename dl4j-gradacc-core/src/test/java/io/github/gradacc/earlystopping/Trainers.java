/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import io.github.gradacc.testing.Nets;
import io.github.gradacc.testing.NetworkClass;
import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.function.Function;
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
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

/** Early stopping of one network class: our trainer, DL4J's as the reference, and DL4J's saver. */
record Trainers<T extends Model>(
        NetworkClass<T> type,
        Ours<T, DataSetIterator> ours,
        Ours<T, MultiDataSetIterator> oursOfMultiDataSets,
        Theirs<T> theirs,
        Function<String, EarlyStoppingModelSaver<T>> fileSaver) {

    /** One of our constructors. */
    @FunctionalInterface
    interface Ours<T extends Model, D> {
        IEarlyStoppingTrainer<T> make(
                EarlyStoppingConfiguration<T> configuration,
                T network,
                D data,
                UnaryOperator<GradientAccumulationTrainer.Builder> accumulation);
    }

    /** One of DL4J's constructors. */
    @FunctionalInterface
    interface Theirs<T extends Model> {
        IEarlyStoppingTrainer<T> make(EarlyStoppingConfiguration<T> configuration, T network, DataSetIterator data);
    }

    /** Both network classes, for tests that hold for both. */
    static Stream<Trainers<?>> all() {
        return Stream.of(
                new Trainers<>(
                        NetworkClass.LAYERS,
                        AccumulatingEarlyStoppingTrainer::new,
                        AccumulatingEarlyStoppingTrainer::new,
                        EarlyStoppingTrainer::new,
                        LocalFileModelSaver::new),
                new Trainers<>(
                        NetworkClass.GRAPH,
                        AccumulatingEarlyStoppingGraphTrainer::new,
                        AccumulatingEarlyStoppingGraphTrainer::new,
                        EarlyStoppingGraphTrainer::new,
                        LocalFileGraphSaver::new));
    }

    T network() {
        return network(new Adam(0.01));
    }

    /** Dense 4-6-3, each time with the same parameters. */
    T network(IUpdater updater) {
        return type.init(Nets.mlp(settings -> settings.updater(updater)));
    }

    @Override
    public String toString() {
        return type.toString();
    }
}
