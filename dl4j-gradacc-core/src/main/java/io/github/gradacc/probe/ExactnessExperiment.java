/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import io.github.gradacc.array.Slice;
import io.github.gradacc.batch.Batch;
import io.github.gradacc.batch.FiniteData;
import io.github.gradacc.batch.MicroBatches;
import io.github.gradacc.dl4j.GradientSlice;
import io.github.gradacc.dl4j.Network;
import io.github.gradacc.dl4j.Replica;
import io.github.gradacc.grad.GradientSum;
import io.github.gradacc.grad.NotFiniteException;
import io.github.gradacc.pass.Pass;
import io.github.gradacc.pass.PassException;
import io.github.gradacc.pass.TrainedNetwork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.BackpropType;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Computes the gradient of a batch whole and in parts, in a copy of the network in DOUBLE. */
final class ExactnessExperiment implements AutoCloseable {

    /** The most examples that are also tried one by one: each is a pass. */
    private static final int ONE_BY_ONE = 32;

    /** The share of the largest gradient in the network below which a gradient is taken for rounding. */
    private static final double SMALLEST_SCALE = 1e-6;

    private final Batch batch;
    private final Network copy;
    private final TrainedNetwork trained;

    private ExactnessExperiment(Network network, Batch batch) {
        this.batch = batch;
        copy = Replica.of(network, configuration -> {
            configuration.setDataType(DataType.DOUBLE);
            configuration.setBackpropagation(BackpropType.Standard);
        });
        trained = TrainedNetwork.toMeasure(copy);
    }

    static ExactnessMeasurement measure(Network network, @Nullable MultiDataSet data) {
        Batch batch = Batch.of(data, network.labelRows());
        network.requireFeatures(batch.data().numFeatureArrays());
        network.requireLabels(batch.data().numLabelsArrays());
        if (batch.examples() < 2) {
            throw new IllegalArgumentException(
                    "A batch of at least 2 examples is needed, to have parts; got " + batch.examples());
        }
        MultiDataSet inDouble = inDouble(batch.data());
        FiniteData.require(inDouble, "Gradients are compared on numbers", "the batch");
        try (var experiment = new ExactnessExperiment(network, Batch.of(inDouble, network.labelRows()))) {
            return experiment.measurement();
        }
    }

    /** A cut that fails is part of the result; it is none if there is nothing else. */
    private ExactnessMeasurement measurement() {
        INDArray whole = gradient(batch.examples());
        List<GradientSlice> slices = GradientSlice.of(copy);
        List<List<ExactnessMeasurement.Difference>> cuts = new ArrayList<>();
        List<ExactnessMeasurement.Failure> failures = new ArrayList<>();
        List<CutFailed> thrown = new ArrayList<>();
        sizes().forEach(size -> {
            try {
                cuts.add(differences(size, slices, whole, gradient(size)));
            } catch (CutFailed e) {
                failures.add(new ExactnessMeasurement.Failure(size, e.explanation));
                thrown.add(e);
            }
        });
        if (cuts.isEmpty()) {
            throw thrown.get(0);
        }
        return new ExactnessMeasurement(batch.examples(), largest(slices.size(), cuts), failures);
    }

    private static List<ExactnessMeasurement.Difference> largest(
            int parameters, List<List<ExactnessMeasurement.Difference>> cuts) {
        return IntStream.range(0, parameters)
                .mapToObj(i -> cuts.stream()
                        .map(cut -> cut.get(i))
                        .max(Comparator.comparing(ExactnessMeasurement.Difference::relative))
                        .orElseThrow())
                .toList();
    }

    /** Halves, thirds, and examples one by one. */
    private IntStream sizes() {
        int n = batch.examples();
        return IntStream.of((n + 1) / 2, (n + 2) / 3, n <= ONE_BY_ONE ? 1 : (n + 2) / 3)
                .distinct();
    }

    private static List<ExactnessMeasurement.Difference> differences(
            int size, List<GradientSlice> slices, INDArray whole, INDArray summed) {
        double floor = SMALLEST_SCALE * whole.amaxNumber().doubleValue();
        INDArray difference = whole.sub(summed);
        return slices.stream()
                .map(slice -> {
                    double largest = largest(difference, slice);
                    double scale = Math.max(largest(whole, slice), floor);
                    return new ExactnessMeasurement.Difference(
                            slice.layer().name(), slice.parameter(), size, largest == 0 ? 0 : largest / scale);
                })
                .toList();
    }

    private static double largest(INDArray flat, GradientSlice slice) {
        return Slice.of(flat, 0, slice.from(), slice.to()).amaxNumber().doubleValue();
    }

    /** Returns the sum of the gradients of micro-batches, as the trainer computes it; a new vector. */
    private INDArray gradient(int size) {
        List<Pass> passes = new ArrayList<>();
        for (Batch part : MicroBatches.of(batch, size)) {
            passes.add(new Pass(
                    passes.size(), part.examples(), Optional.of(part.data()), Optional.empty(), true, List.of()));
        }
        try (GradientSum sum = new GradientSum()) {
            trained.accumulate(passes.iterator(), sum);
            INDArray flat = trained.gradient();
            sum.writeTo(flat);
            return flat.dup();
        } catch (PassException e) {
            String what = what(e.pass().examples());
            throw switch (e.reason()) {
                case INTERRUPTED -> new IllegalStateException(what + "the thread was interrupted", e);
                case FAILED -> new CutFailed(what, e.explanation(), e);
            };
        } catch (NotFiniteException e) {
            throw new CutFailed(what(passes.get(e.microBatch()).examples()), "it holds NaN or infinity", e);
        }
    }

    private String what(int examples) {
        return "The gradient of " + examples + " of the batch's " + batch.examples() + " examples cannot be measured: ";
    }

    /** The gradient of one cut cannot be computed; that of others perhaps can. */
    private static final class CutFailed extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        private final String explanation;

        CutFailed(String what, String explanation, RuntimeException cause) {
            super(what + explanation, cause);
            this.explanation = explanation;
        }
    }

    private static MultiDataSet inDouble(MultiDataSet data) {
        return new org.nd4j.linalg.dataset.MultiDataSet(
                inDouble(data.getFeatures()),
                inDouble(data.getLabels()),
                inDouble(data.getFeaturesMaskArrays()),
                inDouble(data.getLabelsMaskArrays()));
    }

    private static @Nullable INDArray @Nullable [] inDouble(@Nullable INDArray @Nullable [] arrays) {
        return arrays == null
                ? null
                : Arrays.stream(arrays)
                        .map(array -> array == null ? null : array.castTo(DataType.DOUBLE))
                        .toArray(INDArray[]::new);
    }

    @Override
    public void close() {
        trained.close();
    }
}
