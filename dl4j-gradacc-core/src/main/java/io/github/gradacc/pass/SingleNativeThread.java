/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import org.nd4j.linalg.api.blas.Blas;
import org.nd4j.linalg.factory.Environment;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * Makes every ND4J operation use one native thread, for as long as it is open.
 *
 * <p>ND4J's settings belong to the process. Where several are open at a time, the first one stores what it finds and
 * the last one puts it back. OpenMP's belongs to the thread, and oneDNN goes by nothing else: each thread that takes
 * part asks for one by {@link #here}.
 */
final class SingleNativeThread implements AutoCloseable {

    private static final Object LOCK = new Object();
    private static int open;
    private static int threads;
    private static int masterThreads;
    private static int blasThreads;

    private final int threadsHere;

    private SingleNativeThread() {
        threadsHere = NativeOpsHolder.getInstance().getDeviceNativeOps().ompGetMaxThreads();
    }

    /** Lets what runs on the calling thread use no thread of OpenMP's but this one, until the thread ends. */
    static void here() {
        limitHere(1);
    }

    private static void limitHere(int threads) {
        NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
    }

    /** To be closed by the thread that calls this. */
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
                here();
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
        limitHere(threadsHere);
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
