/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import io.github.gradacc.updater.AdaBelief;
import io.github.gradacc.updater.AdagradTorch;
import io.github.gradacc.updater.AdamTorch;
import io.github.gradacc.updater.AveragedSgd;
import io.github.gradacc.updater.Lion;
import io.github.gradacc.updater.RAdam;
import io.github.gradacc.updater.RmsPropTorch;
import io.github.gradacc.updater.Rprop;
import io.github.gradacc.updater.SgdMomentum;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One step of an updater on {@value #PARAMETERS} parameters in FLOAT. {@link UpdaterCost} runs this class. It is public
 * because JMH requires that.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class UpdaterCostBenchmark {

    static final String REFERENCE = "DL4J's Adam";
    static final int PARAMETERS = 4_000_000;

    static final Map<String, IUpdater> UPDATERS = updaters();

    /** A name of those in {@link #UPDATERS}. */
    @Param(REFERENCE)
    public String updater = REFERENCE;

    private @Nullable GradientUpdater<?> stepping;
    private INDArray gradient = Nd4j.empty();
    private INDArray template = Nd4j.empty();
    private int iteration;

    /** For JMH. */
    public UpdaterCostBenchmark() {}

    private static Map<String, IUpdater> updaters() {
        Map<String, IUpdater> updaters = new LinkedHashMap<>();
        updaters.put(REFERENCE, new Adam(1e-3));
        updaters.put("SgdMomentum", new SgdMomentum(0.1).withMomentum(0.9));
        updaters.put("AdamTorch", new AdamTorch());
        updaters.put("AdamTorch amsgrad", new AdamTorch().withAmsgrad(true));
        updaters.put("RmsPropTorch", new RmsPropTorch());
        updaters.put(
                "RmsPropTorch centered momentum",
                new RmsPropTorch().withMomentum(0.9).withCentered(true));
        updaters.put("AdagradTorch", new AdagradTorch());
        updaters.put("Rprop", new Rprop());
        updaters.put("AveragedSgd", new AveragedSgd().withT0(1));
        updaters.put("RAdam", new RAdam());
        updaters.put("Lion", new Lion());
        updaters.put("AdaBelief", new AdaBelief());
        return updaters;
    }

    /** Makes gradient and state. */
    @Setup(Level.Trial)
    public void prepare() {
        IUpdater configured = UPDATERS.get(updater);
        if (configured == null) {
            throw new IllegalArgumentException("No updater '" + updater + "'; there are " + UPDATERS.keySet());
        }
        template = Nd4j.randn(DataType.FLOAT, PARAMETERS);
        gradient = template.dup();
        long size = configured.stateSize(PARAMETERS);
        stepping = configured.instantiate(size == 0 ? null : Nd4j.create(DataType.FLOAT, size), true);
        // RAdam's first steps are cheaper.
        iteration = 10;
    }

    /** What is timed: the gradient is copied first, since the step replaces it. */
    @Benchmark
    public void run() {
        gradient.assign(template);
        Objects.requireNonNull(stepping).applyUpdater(gradient, iteration++, 0);
    }
}
