/* SPDX-License-Identifier: Apache-2.0 */
package org.nd4j.nativeblas;

import org.jspecify.annotations.NullMarked;

/**
 * Stands where DL4J 1.0.0-M2.1 still looks for ND4J's CPU bindings, which moved to {@code
 * org.nd4j.linalg.cpu.nativecpu.bindings}: {@code org.deeplearning4j.nn.layers.mkldnn.BaseMKLDNNHelper} asks the nested
 * class, by name and reflection, whether its layers may use oneDNN, and takes a missing class for no. Nothing else
 * asks. Decision record 17 says when to delete it.
 */
@NullMarked
public final class Nd4jCpu {

    private Nd4jCpu() {}

    /** The one question that DL4J asks. */
    public static final class Environment {

        /** The system property that {@code io.github.gradacc.accel.OneDnn} sets for as long as it is enabled. */
        public static final String ENABLED = "io.github.gradacc.onednn";

        private static final Environment INSTANCE = new Environment();

        private Environment() {}

        /** Returns the only instance. */
        public static Environment getInstance() {
            return INSTANCE;
        }

        /**
         * Tells whether the loaded library was built with oneDNN, and its use was asked for. ND4J's own flag of this
         * meaning is true in every build.
         */
        public boolean isUseMKLDNN() {
            return Boolean.getBoolean(ENABLED)
                    && NativeOpsHolder.getInstance()
                            .getDeviceNativeOps()
                            .buildInfo()
                            .contains("HAVE_ONEDNN");
        }
    }
}
