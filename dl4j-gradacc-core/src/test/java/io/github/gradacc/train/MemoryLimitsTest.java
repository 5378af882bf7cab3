/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.gradacc.testing.Tolerance;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.factory.Nd4j;

/** Processes with too little memory for a batch of 512: native training dies there, and the trainer gets through. */
@Tag("slow")
@Timeout(300)
class MemoryLimitsTest {

    /** The process alone takes about 150 MB resident, the whole batch more than 400 MB on top of that. */
    private static final List<String> RESIDENT =
            List.of("-Xms64m", "-Xmx128m", "-Dorg.bytedeco.javacpp.maxphysicalbytes=450m");

    /** 65,536 doubles for each example are 256 MB for the batch. */
    private static final List<String> HEAP =
            List.of("-Xms64m", "-Xmx160m", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0");

    private static final int ON_HEAP = 65_536;

    private static double[] expected = {};

    @TempDir
    private Path directory;

    @BeforeAll
    static void trainInSmallMicroBatches() {
        MultiLayerNetwork network = LimitedProcess.network();
        try (var trainer =
                GradientAccumulationTrainer.builder(network).microBatchSize(32).build()) {
            for (int i = 0; i < 3; i++) {
                trainer.fit(LimitedProcess.batch());
            }
        }
        expected = network.params().toDoubleVector();
    }

    private record Ending(int status, String printed) {}

    private Ending run(List<String> options, String how, int onHeap, int megabytesMore)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), LimitedProcess.class.getName(), how));
        command.add(directory.resolve("parameters").toString());
        command.add(String.valueOf(onHeap));
        command.add(String.valueOf(megabytesMore));
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        int status = process.waitFor();
        return new Ending(status, Files.readString(output));
    }

    private void assertDies(Ending ending, String why) {
        assertThat(ending.status()).as(ending.printed()).isNotZero();
        assertThat(ending.printed()).contains(why);
    }

    private void assertTrains(Ending ending) throws IOException {
        assertThat(ending.status()).as(ending.printed()).isZero();
        try (var in = new DataInputStream(Files.newInputStream(directory.resolve("parameters")))) {
            assertThat(in.readInt()).as("failures: %s", ending.printed()).isPositive();
            double[] trained = new double[expected.length];
            for (int i = 0; i < trained.length; i++) {
                trained[i] = in.readDouble();
            }
            Tolerance.assertClose(
                    "parameters", Nd4j.createFromArray(trained), Nd4j.createFromArray(expected), Tolerance.DOUBLE);
        }
    }

    @Test
    void nativeTrainingDies() throws Exception {
        assertDies(run(RESIDENT, "native", 0, 0), "Physical memory usage is too high");
        assertDies(run(HEAP, "native", ON_HEAP, 0), "Java heap space");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void getsThroughWithTooLittleResidentMemory(int workers) throws Exception {
        assertTrains(run(RESIDENT, String.valueOf(workers), 0, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void getsThroughWithTooSmallAHeap(int workers) throws Exception {
        assertTrains(run(HEAP, String.valueOf(workers), ON_HEAP, 0));
    }

    /** JavaCPP's other limit, meant for the same, does not see ND4J's arrays, so that nothing fails. */
    @Test
    void maxBytesDoesNotLimitArrays() throws Exception {
        Ending ending = run(
                List.of("-Xmx256m", "-Dorg.bytedeco.javacpp.maxbytes=64m", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0"),
                "native",
                0,
                0);
        assertThat(ending.status()).as(ending.printed()).isZero();
    }

    /** Here it refuses address space: ND4J then throws plain exceptions. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void getsThroughWhereTheSystemRefuses() throws Exception {
        assumeThat(Path.of("/usr/bin/prlimit")).exists();
        List<String> options = List.of("-Xms128m", "-Xmx128m", "-Dorg.bytedeco.javacpp.maxphysicalbytes=0");
        assertDies(run(options, "native", 0, 250), "bad_alloc");
        assertTrains(run(options, "1", 0, 250));
    }
}
