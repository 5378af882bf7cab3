/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.array.Finiteness;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Dl4jClasses;
import io.github.gradacc.testing.Tolerance;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.AllocationPolicy;
import org.nd4j.linalg.api.memory.enums.LearningPolicy;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;

/** What every updater promises, apart from networks. */
class ContractTest {

    private static final int STEPS = 12;

    static Stream<IUpdater> updaters() {
        return Cases.updaters();
    }

    @Test
    void everyUpdaterHasACase() {
        assertThat(updaters().map(it -> it.getClass().getName()).collect(Collectors.toSet()))
                .isEqualTo(Dl4jClasses.implementing(IUpdater.class, "io.github.gradacc.updater"));
    }

    /** The gradient of each step, the same in each call. */
    private static INDArray gradient(int step, DataType type, long... shape) {
        return new Data(100 + step, DataType.DOUBLE).normal(shape).castTo(type);
    }

    private static INDArray state(IUpdater updater, DataType type, long parameters) {
        long size = updater.stateSize(parameters);
        return size == 0 ? null : Nd4j.create(type, size).assign(Double.NaN);
    }

    /** The last update of a few steps. */
    private static INDArray trained(GradientUpdater<?> updater, DataType type, long... shape) {
        INDArray update = gradient(0, type, shape);
        for (int step = 0; step < STEPS; step++) {
            update = gradient(step, type, shape);
            updater.applyUpdater(update, step, 0);
        }
        return update;
    }

    /** Whatever lies in the state's array before, and however long it is: vector instructions have rests. */
    @ParameterizedTest
    @MethodSource("updaters")
    void parametersAreOnTheirOwn(IUpdater updater) {
        for (int length : new int[] {1, 13, 207}) {
            INDArray whole = trained(
                    updater.instantiate(state(updater, DataType.DOUBLE, length), true), DataType.DOUBLE, length);
            GradientUpdater<?>[] single = new GradientUpdater<?>[length];
            for (int i = 0; i < length; i += 12) {
                single[i] = updater.instantiate(state(updater, DataType.DOUBLE, 1), true);
                INDArray update = null;
                for (int step = 0; step < STEPS; step++) {
                    update = Nd4j.createFromArray(
                            gradient(step, DataType.DOUBLE, length).getDouble(i));
                    single[i].applyUpdater(update, step, 0);
                }
                Tolerance.assertClose(updater + " at " + i, whole.getDouble(i), update.getDouble(0), 1e-14);
            }
        }
    }

    /** An updater that is made anew on the state of another goes on with the same bits: nothing else is remembered. */
    @ParameterizedTest
    @MethodSource("updaters")
    void stateIsAll(IUpdater updater) {
        for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT, DataType.FLOAT16}) {
            INDArray uninterrupted = trained(updater.instantiate(state(updater, type, 13), true), type, 13);
            INDArray view = state(updater, type, 13);
            INDArray update = null;
            for (int step = 0; step < STEPS; step++) {
                GradientUpdater<?> fresh = updater.clone().instantiate(view, step == 0);
                update = gradient(step, type, 13);
                fresh.applyUpdater(update, step, 0);
            }
            assertThat(update.toDoubleVector()).containsExactly(uninterrupted.toDoubleVector());
        }
    }

    /** ND4J's native updaters take a slow path for arrays of different orders; DL4J's gradients are 'c'. */
    @ParameterizedTest
    @MethodSource("updaters")
    void statesHaveTheOrderOfGradients(IUpdater updater) {
        GradientUpdater<?> instance = updater.instantiate(state(updater, DataType.FLOAT, 13), true);
        instance.getState()
                .forEach((name, array) -> assertThat(array.ordering()).as(name).isEqualTo('c'));
    }

    /** SameDiff gives states by their names, in the shape of the gradient. */
    @ParameterizedTest
    @MethodSource("updaters")
    void statesMayHaveNames(IUpdater updater) {
        GradientUpdater<?> inView = updater.instantiate(state(updater, DataType.DOUBLE, 12), true);
        Map<String, INDArray> named = new HashMap<>();
        inView.getState().keySet().forEach(name -> named.put(name, Nd4j.zeros(DataType.DOUBLE, 3, 4)));
        GradientUpdater<?> byName = updater.instantiate(named, true);
        INDArray update = trained(byName, DataType.DOUBLE, 3, 4);
        INDArray expected = trained(inView, DataType.DOUBLE, 12);
        assertThat(update.shape()).containsExactly(3, 4);
        assertThat(update.dup('c').reshape(12).toDoubleVector()).containsExactly(expected.toDoubleVector());
        named.put("other", Nd4j.zeros(3, 4));
        assertThatThrownBy(() -> updater.instantiate(named, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("other");
    }

    /** The array that DL4J hands over may be a part of a larger one, and rank 2. */
    @ParameterizedTest
    @MethodSource("updaters")
    void statesMayBeParts(IUpdater updater) {
        long size = updater.stateSize(13);
        if (size > 0) {
            INDArray all = Nd4j.valueArrayOf(new long[] {size + 5}, 7.0, DataType.DOUBLE);
            INDArray part = all.get(NDArrayIndex.interval(2, 2 + size)).reshape(1, size);
            INDArray update = trained(updater.instantiate(part, true), DataType.DOUBLE, 13);
            INDArray expected =
                    trained(updater.instantiate(state(updater, DataType.DOUBLE, 13), true), DataType.DOUBLE, 13);
            assertThat(update.toDoubleVector()).containsExactly(expected.toDoubleVector());
            assertThat(all.getDouble(1)).isEqualTo(7);
            assertThat(all.getDouble(2 + size)).isEqualTo(7);
            assertThat(part.getDouble(0, 0)).isNotEqualTo(7);
        }
    }

    /** Workspaces are closed after each step, with all that was made in them. */
    @ParameterizedTest
    @MethodSource("updaters")
    void nothingStaysInAWorkspace(IUpdater updater) {
        for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT16}) {
            GradientUpdater<?> inWorkspaces = updater.instantiate(state(updater, type, 13), true);
            INDArray update = null;
            for (int step = 0; step < STEPS; step++) {
                update = gradient(step, type, 13);
                try (MemoryWorkspace open = Nd4j.getWorkspaceManager().getAndActivateWorkspace("ContractTest")) {
                    inWorkspaces.applyUpdater(update, step, 0);
                    Nd4j.ones(type, 13);
                }
            }
            INDArray expected = trained(updater.instantiate(state(updater, type, 13), true), type, 13);
            assertThat(update.toDoubleVector()).containsExactly(expected.toDoubleVector());
        }
    }

    /** FLOAT has 7 digits, of which differences of averages may lose one. */
    @ParameterizedTest
    @MethodSource("updaters")
    void floatIsNearDouble(IUpdater updater) {
        INDArray inDouble =
                trained(updater.instantiate(state(updater, DataType.DOUBLE, 207), true), DataType.DOUBLE, 207);
        INDArray inFloat = trained(updater.instantiate(state(updater, DataType.FLOAT, 207), true), DataType.FLOAT, 207);
        assertThat(inFloat.dataType()).isEqualTo(DataType.FLOAT);
        Tolerance.assertClose(updater.toString(), inFloat.castTo(DataType.DOUBLE), inDouble, 1e-4);
    }

    /** HALF and BFLOAT16 have 3 digits, and gradients of 3e-4 have squares that HALF takes for 0 or twice as large. */
    @ParameterizedTest
    @MethodSource("updaters")
    void halfIsNearDouble(IUpdater updater) {
        for (DataType type : new DataType[] {DataType.FLOAT16, DataType.BFLOAT16}) {
            INDArray direction =
                    Nd4j.createFromArray(3e-4, -3e-4, 0.0, 1.0, -20.0).castTo(type);
            GradientUpdater<?> exact = updater.instantiate(state(updater, DataType.DOUBLE, 5), true);
            GradientUpdater<?> half = updater.instantiate(state(updater, type, 5), true);
            for (int step = 0; step < STEPS; step++) {
                double size = step < STEPS / 2 ? 1 : 0.25; // so that averages fall, too
                INDArray expected = direction.castTo(DataType.DOUBLE).muli(size);
                exact.applyUpdater(expected, step, 0);
                INDArray update = direction.mul(size);
                half.applyUpdater(update, step, 0);
                assertThat(Finiteness.allFinite(update))
                        .as("%s %s", updater, update)
                        .isTrue();
                for (int i = 0; i < 5; i++) {
                    double e = expected.getDouble(i);
                    assertThat(update.getDouble(i))
                            .as("%s, %s, step %s, element %s", updater, type, step, i)
                            .isCloseTo(e, within(0.08 * Math.abs(e) + 1e-7));
                }
            }
        }
    }

    /** A schedule may start at 0; DL4J's Adam steps with the rate eps then. */
    @ParameterizedTest
    @MethodSource("updaters")
    void rateZeroLeavesParametersAlone(IUpdater updater) {
        if (updater.hasLearningRate()) {
            IUpdater still = updater.clone();
            still.setLrAndSchedule(0, null);
            GradientUpdater<?> instance = still.instantiate(state(still, DataType.DOUBLE, 13), true);
            INDArray update = trained(instance, DataType.DOUBLE, 13);
            assertThat(update.amaxNumber().doubleValue()).isZero();
            GradientUpdater<?> moving = updater.instantiate(state(updater, DataType.DOUBLE, 13), true);
            trained(moving, DataType.DOUBLE, 13);
            // AveragedSgd stores a distance that updates make.
            if (!(updater instanceof AveragedSgd)) {
                instance.getState()
                        .forEach((name, array) -> assertThat(array.toDoubleVector())
                                .as(name)
                                .containsExactly(moving.getState().get(name).toDoubleVector()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void gradientZeroLeavesParametersAlone(IUpdater updater) {
        for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16}) {
            GradientUpdater<?> instance = updater.instantiate(state(updater, type, 3), true);
            for (int step = 0; step < STEPS; step++) {
                INDArray update = Nd4j.zeros(type, 3);
                instance.applyUpdater(update, step, 0);
                assertThat(update.amaxNumber().doubleValue()).isZero();
                assertThat(Finiteness.allFinite(update)).isTrue();
            }
        }
    }

    /** Two bugs of DL4J 1.0.0-M2.1 that updaters here do not have: its Adam with the rate 0, and in HALF. */
    @Test
    void dl4jsAdamMovesAtRateZeroAndFailsInHalf() {
        INDArray update = Nd4j.createFromArray(1.0, -1.0);
        new Adam(0).instantiate(Nd4j.zeros(DataType.DOUBLE, 4), true).applyUpdater(update, 0, 0);
        assertThat(update.getDouble(0)).isPositive();
        INDArray half = Nd4j.createFromArray(1e-3, 0.0).castTo(DataType.FLOAT16);
        new Adam(0.001).instantiate(Nd4j.zeros(DataType.FLOAT16, 4), true).applyUpdater(half, 0, 0);
        assertThat(half.getDouble(0)).isInfinite();
        assertThat(half.getDouble(1)).isNaN();
    }

    @ParameterizedTest
    @MethodSource("updaters")
    void stateMustFit(IUpdater updater) {
        if (updater.stateSize(1) > 1) {
            INDArray view = Nd4j.zeros(updater.stateSize(3) + 1);
            assertThatThrownBy(() -> updater.instantiate(view, true))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("elements for each parameter, got " + view.length());
        }
    }

    /** What is allocated between two steps would be taken from the workspace; numbers that operations are given are. */
    @ParameterizedTest
    @MethodSource("updaters")
    void stepsAllocateNoArrays(IUpdater updater) {
        int length = 10_000;
        GradientUpdater<?> instance = updater.instantiate(state(updater, DataType.FLOAT, length), true);
        INDArray gradient = Nd4j.ones(DataType.FLOAT, length);
        instance.applyUpdater(gradient, 0, 0);
        assertThat(allocated(() -> instance.applyUpdater(gradient, 1, 0))).isLessThan(length);
    }

    @Test
    void arraysAreSeenInWorkspaces() {
        INDArray gradient = Nd4j.ones(DataType.FLOAT, 10_000);
        assertThat(allocated(() -> gradient.mul(2))).isGreaterThanOrEqualTo(40_000);
    }

    private static long allocated(Runnable action) {
        WorkspaceConfiguration configuration = WorkspaceConfiguration.builder()
                .initialSize(1_000_000)
                .policyAllocation(AllocationPolicy.STRICT)
                .policyLearning(LearningPolicy.NONE)
                .build();
        try (MemoryWorkspace workspace =
                Nd4j.getWorkspaceManager().getAndActivateWorkspace(configuration, "ALLOCATED")) {
            action.run();
            return workspace.getCurrentOffset();
        }
    }
}
