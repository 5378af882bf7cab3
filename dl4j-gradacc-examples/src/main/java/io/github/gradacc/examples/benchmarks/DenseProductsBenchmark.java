/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples.benchmarks;

import java.util.concurrent.TimeUnit;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
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
 * The three matrix products of a dense layer with {@value #UNITS} inputs and as many units: the output, the gradient
 * of the weights and the gradient of the input. {@link DenseProducts} runs this class. It is public because JMH
 * requires that.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class DenseProductsBenchmark {

    static final int UNITS = 1024;

    /** Examples, the rows of input and output. */
    @Param("1")
    public int rows;

    /** Native threads of one product; 0 keeps ND4J's number. */
    @Param("0")
    public int nativeThreads;

    private INDArray input = Nd4j.empty();
    private INDArray output = Nd4j.empty();
    private INDArray outputGradient = Nd4j.empty();
    private INDArray inputGradient = Nd4j.empty();
    private INDArray weights = Nd4j.empty();
    private INDArray weightGradient = Nd4j.empty();

    /** For JMH. */
    public DenseProductsBenchmark() {}

    /** Makes the arrays, in the orders in which DL4J keeps them. */
    @Setup(Level.Trial)
    public void prepare() {
        if (nativeThreads > 0) {
            Nd4j.getEnvironment().setMaxThreads(nativeThreads);
            Nd4j.getEnvironment().setMaxMasterThreads(nativeThreads);
            Nd4j.factory().blas().setMaxThreads(nativeThreads);
        }
        input = random(rows);
        output = random(rows);
        outputGradient = random(rows);
        inputGradient = random(rows);
        weights = random(UNITS);
        weightGradient = random(UNITS);
    }

    private static INDArray random(int rows) {
        return Nd4j.rand(DataType.FLOAT, rows, UNITS).dup('f');
    }

    /** What is timed. */
    @Benchmark
    public void run() {
        Nd4j.gemm(input, weights, output, false, false, 1, 0);
        Nd4j.gemm(input, outputGradient, weightGradient, true, false, 1, 0);
        Nd4j.gemm(outputGradient, weights, inputGradient, false, true, 1, 0);
    }
}
