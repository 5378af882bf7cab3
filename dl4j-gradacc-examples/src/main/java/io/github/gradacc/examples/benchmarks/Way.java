/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import io.github.gradacc.accel.OneDnn;
import io.github.gradacc.accel.Status;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.tune.TuningReport;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** A way to go through a batch once. */
enum Way {

    /** Native {@code fit} on the whole batch: one step. */
    NATIVE_WHOLE("native, whole batch") {
        @Override
        Work prepare(Subject subject, DataSet batch, int microBatch) {
            return () -> subject.network().fit(batch);
        }
    },

    /** Native {@code fit} on each micro-batch: k steps, so the network learns something else from the same examples. */
    NATIVE_MICRO("native, micro-batches") {
        @Override
        Work prepare(Subject subject, DataSet batch, int microBatch) {
            List<DataSet> microBatches = views(batch, microBatch);
            return () -> microBatches.forEach(subject.network()::fit);
        }
    },

    /**
     * A forward and a backward pass on each micro-batch, and nothing else: the least that any accumulation can cost.
     */
    BARE_PASSES("bare passes") {
        @Override
        Work prepare(Subject subject, DataSet batch, int microBatch) {
            List<DataSet> microBatches = views(batch, microBatch);
            return () -> microBatches.forEach(subject::pass);
        }
    },

    /** Bare passes, except that the last micro-batch gets a native {@code fit}: the passes and the cost of one step. */
    BARE_PASSES_AND_STEP("bare passes and a native step") {
        @Override
        Work prepare(Subject subject, DataSet batch, int microBatch) {
            List<DataSet> microBatches = views(batch, microBatch);
            int last = microBatches.size() - 1;
            return () -> {
                microBatches.subList(0, last).forEach(subject::pass);
                subject.network().fit(microBatches.get(last));
            };
        }
    },

    /** The same with the bare additions: BLAS adds the gradient of each bare pass to an array. */
    BARE_PASSES_SUM_AND_STEP("bare passes, their sum and a native step") {
        @Override
        Work prepare(Subject subject, DataSet batch, int microBatch) {
            List<DataSet> microBatches = views(batch, microBatch);
            int last = microBatches.size() - 1;
            INDArray sum = Nd4j.zerosLike(subject.network().params());
            return () -> {
                microBatches.subList(0, last).forEach(part -> {
                    subject.pass(part);
                    Nd4j.getBlasWrapper().level1().axpy(sum.length(), 1, subject.flattenedGradient(), sum);
                });
                subject.network().fit(microBatches.get(last));
            };
        }
    },

    /** The trainer: one step. */
    TRAINER_1("trainer, parallelism(1)") {
        @Override
        Work prepare(Subject subject, DataSet batch, int microBatch) {
            return train(subject, batch, microBatch, 1);
        }
    },

    /** The trainer with two workers: one step. */
    TRAINER_2("trainer, parallelism(2)") {
        @Override
        Work prepare(Subject subject, DataSet batch, int microBatch) {
            return train(subject, batch, microBatch, 2);
        }
    },

    /** The trainer with the setting that the tuner finds for the whole batch, given as much memory as it wants. */
    TUNED("trainer, tuned") {
        @Override
        Work prepare(Subject subject, DataSet batch, int microBatch) {
            TuningReport report = subject.tuner()
                    .memoryLimit(Long.MAX_VALUE)
                    .progress(line -> {})
                    .tune(batch);
            System.err.println(report);
            return train(subject.trainer().tuned(report).build(), batch);
        }
    },

    /** Native {@code fit} on the whole batch with oneDNN behind the layers; needs a build of ND4J that has it. */
    ONEDNN_WHOLE("native with oneDNN, whole batch") {
        @Override
        Work prepare(Subject subject, DataSet batch, int microBatch) {
            Subject helped = withOneDnn(subject);
            return () -> helped.network().fit(batch);
        }
    },

    /** The trainer with oneDNN. */
    ONEDNN_1("trainer with oneDNN, parallelism(1)") {
        @Override
        Work prepare(Subject subject, DataSet batch, int microBatch) {
            return train(withOneDnn(subject), batch, microBatch, 1);
        }
    },

    /** The same with two workers. */
    ONEDNN_2("trainer with oneDNN, parallelism(2)") {
        @Override
        Work prepare(Subject subject, DataSet batch, int microBatch) {
            return train(withOneDnn(subject), batch, microBatch, 2);
        }
    };

    private final String title;

    Way(String title) {
        this.title = title;
    }

    /** The name to print. */
    String title() {
        return title;
    }

    /**
     * Does all that is done once.
     *
     * @param subject belongs to the work from now on
     * @param batch not copied
     * @param microBatch examples of a micro-batch
     */
    abstract Work prepare(Subject subject, DataSet batch, int microBatch);

    /** Goes once through the batch each time it is done. */
    @FunctionalInterface
    interface Work extends AutoCloseable {

        void run();

        @Override
        default void close() {}
    }

    private static Work train(Subject subject, DataSet batch, int microBatch, int parallelism) {
        return train(
                subject.trainer()
                        .microBatchSize(microBatch)
                        .parallelism(parallelism)
                        .build(),
                batch);
    }

    private static Work train(GradientAccumulationTrainer trainer, DataSet batch) {
        return new Work() {
            @Override
            public void run() {
                trainer.fit(batch);
            }

            @Override
            public void close() {
                trainer.close();
            }
        };
    }

    /** Layers get their helpers when a network is made; the other ways go without. */
    private static Subject withOneDnn(Subject subject) {
        Status status = OneDnn.enable();
        if (!status.active()) {
            throw new IllegalStateException(status.toString());
        }
        try {
            return subject.copy();
        } finally {
            OneDnn.disable();
        }
    }

    /** The micro-batches of a batch, not copied. */
    static List<DataSet> views(DataSet batch, int microBatch) {
        List<DataSet> views = new ArrayList<>();
        int examples = batch.numExamples();
        for (int from = 0; from < examples; from += microBatch) {
            var rows = NDArrayIndex.interval(from, Math.min(from + microBatch, examples));
            views.add(
                    new DataSet(batch.getFeatures().get(rows), batch.getLabels().get(rows)));
        }
        return views;
    }
}
