/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes DOUBLE the default type of ND4J for a test class, and restores it. Some of DL4J computes in the default type
 * whatever the network's is, and would round to FLOAT in the middle of a DOUBLE network: LossMultiLabel,
 * LossMixtureDensity, LastTimeStep with a mask.
 */
public final class DoubleByDefault implements BeforeAllCallback, AfterAllCallback {

    private DataType before;

    @Override
    public void beforeAll(ExtensionContext context) {
        before = Nd4j.defaultFloatingPointType();
        Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Nd4j.setDefaultDataTypes(before, before);
    }
}
