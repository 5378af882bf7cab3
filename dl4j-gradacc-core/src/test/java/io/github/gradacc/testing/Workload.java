/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import io.github.gradacc.train.GradientAccumulationTrainer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;

/** What a case trains: a network and its batches, both made anew each time. */
public sealed interface Workload {

    /** The class that the configuration is written for. */
    NetworkClass<?> type();

    /** A network of that class, each time with the same parameters. */
    <T extends Model> T network(NetworkClass<T> type);

    /** The first batch. */
    org.nd4j.linalg.dataset.api.MultiDataSet firstBatch();

    /** Trains natively, on windows of k batches joined into big batches. */
    <T extends Model> void fitWindows(NetworkClass<T> type, T network, int k, int epochs);

    /** Trains by accumulation, on the batches. */
    void fitBatches(GradientAccumulationTrainer trainer, int epochs);

    /** The same network, with so many of the batches. */
    Workload first(int number);

    /**
     * Layers in a row, which both network classes can train.
     *
     * @param layers makes the configuration anew
     * @param batches makes the same batches each time
     */
    record OfLayers(Supplier<MultiLayerConfiguration> layers, Supplier<List<DataSet>> batches) implements Workload {

        @Override
        public NetworkClass<?> type() {
            return NetworkClass.LAYERS;
        }

        @Override
        public <T extends Model> T network(NetworkClass<T> type) {
            // Some configurations are made of layers that were made before; no two networks share one.
            return type.init(layers.get().clone());
        }

        @Override
        public org.nd4j.linalg.dataset.api.MultiDataSet firstBatch() {
            return batches.get().get(0).toMultiDataSet();
        }

        @Override
        public <T extends Model> void fitWindows(NetworkClass<T> type, T network, int k, int epochs) {
            type.fit(network, ExactnessCase.iterate(Data.windows(batches.get(), k)), epochs);
        }

        @Override
        public void fitBatches(GradientAccumulationTrainer trainer, int epochs) {
            trainer.fit(ExactnessCase.iterate(batches.get()), epochs);
        }

        @Override
        public Workload first(int number) {
            return new OfLayers(layers, () -> batches.get().subList(0, number));
        }
    }

    /**
     * A graph of any shape.
     *
     * @param graph makes the configuration anew
     * @param batches makes the same batches each time
     */
    record OfGraph(Supplier<ComputationGraphConfiguration> graph, Supplier<List<MultiDataSet>> batches)
            implements Workload {

        @Override
        public NetworkClass<?> type() {
            return NetworkClass.GRAPH;
        }

        @Override
        public <T extends Model> T network(NetworkClass<T> type) {
            return type.init(graph.get());
        }

        @Override
        public org.nd4j.linalg.dataset.api.MultiDataSet firstBatch() {
            return batches.get().get(0);
        }

        @Override
        public <T extends Model> void fitWindows(NetworkClass<T> type, T network, int k, int epochs) {
            List<MultiDataSet> all = batches.get();
            List<MultiDataSet> windows = new ArrayList<>();
            for (int i = 0; i < all.size(); i += k) {
                windows.add(MultiDataSet.merge(all.subList(i, Math.min(i + k, all.size()))));
            }
            type.fit(network, new Listed(windows), epochs);
        }

        @Override
        public void fitBatches(GradientAccumulationTrainer trainer, int epochs) {
            trainer.fit(new Listed(batches.get()), epochs);
        }

        @Override
        public Workload first(int number) {
            return new OfGraph(graph, () -> batches.get().subList(0, number));
        }
    }
}
