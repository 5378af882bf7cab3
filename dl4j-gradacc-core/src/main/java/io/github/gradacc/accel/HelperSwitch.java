/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import org.deeplearning4j.config.DL4JSystemProperties;
import org.nd4j.nativeblas.Nd4jCpu;

/**
 * The system properties that decide whether DL4J gives a layer a helper when it is made. They belong to the process,
 * and so does what this class remembers, in a property of its own: what the user had set.
 */
final class HelperSwitch {

    private static final String ENABLED = Nd4jCpu.Environment.ENABLED;

    private static final String BEFORE = ENABLED + ".helpers.before";
    private static final String DISABLED = DL4JSystemProperties.DISABLE_HELPER_PROPERTY;

    private HelperSwitch() {}

    static synchronized void on() {
        if (isOn()) {
            return;
        }
        String before = System.getProperty(DISABLED);
        if (before != null) {
            System.setProperty(BEFORE, before);
        }
        System.setProperty(DISABLED, "false");
        System.setProperty(ENABLED, "true");
    }

    static synchronized void off() {
        if (!isOn()) {
            return;
        }
        String before = System.clearProperty(BEFORE);
        if (before == null) {
            System.clearProperty(DISABLED);
        } else {
            System.setProperty(DISABLED, before);
        }
        System.clearProperty(ENABLED);
    }

    static boolean isOn() {
        return Boolean.getBoolean(ENABLED);
    }
}
