/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import org.nd4j.linalg.api.blas.Blas;
import org.nd4j.linalg.factory.Environment;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes every ND4J operation use one native thread, for as long as it is open.
 *
 * <p>The settings belong to the process. Where several are open at a time, the first one stores what it finds and the
 * last one puts it back.
 */
final class SingleNativeThread implements AutoCloseable {

    private static final Object LOCK = new Object();
    private static int open;
    private static int threads;
    private static int masterThreads;
    private static int blasThreads;

    private SingleNativeThread() {}

    static SingleNativeThread claim() {
        synchronized (LOCK) {
            if (open == 0) {
                Environment environment = Nd4j.getEnvironment();
                threads = environment.maxThreads();
                masterThreads = environment.maxMasterThreads();
                blasThreads = blas().getMaxThreads();
            }
            open++;
            SingleNativeThread claimed = new SingleNativeThread();
            try {
                set(1, 1, 1);
                return claimed;
            } catch (Throwable e) {
                claimed.close();
                throw e;
            }
        }
    }

    @Override
    public void close() {
        synchronized (LOCK) {
            open--;
            if (open == 0) {
                set(threads, masterThreads, blasThreads);
            }
        }
    }

    private static void set(int threads, int masterThreads, int blasThreads) {
        Nd4j.getEnvironment().setMaxThreads(threads);
        Nd4j.getEnvironment().setMaxMasterThreads(masterThreads);
        blas().setMaxThreads(blasThreads);
    }

    private static Blas blas() {
        return Nd4j.factory().blas();
    }
}
