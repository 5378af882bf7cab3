/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.nd4j.linalg.cpu.nativecpu.blas.CpuBlas;
import org.nd4j.linalg.factory.Environment;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.Nd4jBlas;

/**
 * Runs a test class with one native thread in place of one per core, and restores the settings. On the tiny arrays of the
 * tests the threads of OpenMP and of BLAS wait for each other more than they compute: five times the time on two cores.
 */
public final class OneNativeThread implements BeforeAllCallback, AfterAllCallback {

    private final Nd4jBlas blas = new CpuBlas();
    private final Environment environment = Nd4j.getEnvironment();
    private int threads;
    private int masterThreads;
    private int blasThreads;

    @Override
    public void beforeAll(ExtensionContext context) {
        threads = environment.maxThreads();
        masterThreads = environment.maxMasterThreads();
        blasThreads = blas.getMaxThreads();
        environment.setMaxThreads(1);
        environment.setMaxMasterThreads(1);
        blas.setMaxThreads(1);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        environment.setMaxThreads(threads);
        environment.setMaxMasterThreads(masterThreads);
        blas.setMaxThreads(blasThreads);
    }
}
