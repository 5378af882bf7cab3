/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.batch.MicroBatches;
import org.junit.jupiter.api.Test;

class FittingSizeTest {

    private final FittingSize fitting = new FittingSize();

    private int windowsUntilItGrows() {
        int windows = 1;
        while (!fitting.windowDone()) {
            windows++;
        }
        return windows;
    }

    @Test
    void startsWithoutALimitAndNeverGrowsBeyond() {
        assertThat(fitting.size()).isEqualTo(MicroBatches.WHOLE);
        for (int i = 0; i < 1000; i++) {
            assertThat(fitting.windowDone()).isFalse();
        }
    }

    @Test
    void halvesRoundedUp() {
        fitting.failed(7);
        assertThat(fitting.size()).isEqualTo(4);
        fitting.failed(4);
        assertThat(fitting.size()).isEqualTo(2);
        fitting.failed(2);
        assertThat(fitting.size()).isEqualTo(1);
    }

    /** 512 failed, and 256 and 128: of these only 512 is known to have been the whole. */
    @Test
    void doublesUntilItIsWhereItWas() {
        fitting.failed(512);
        fitting.failed(256);
        fitting.failed(128);
        fitting.windowDone();
        assertThat(windowsUntilItGrows()).isEqualTo(100);
        assertThat(fitting.size()).isEqualTo(128);
        assertThat(windowsUntilItGrows()).isEqualTo(100);
        assertThat(fitting.size()).isEqualTo(256);
        assertThat(windowsUntilItGrows()).isEqualTo(100);
        assertThat(fitting.size()).isEqualTo(MicroBatches.WHOLE);
    }

    @Test
    void everyFailedAttemptDoublesTheWaitUpToALimit() {
        fitting.failed(64);
        fitting.windowDone();
        int wait = 100;
        for (int attempt = 0; attempt < 10; attempt++) {
            assertThat(windowsUntilItGrows()).isEqualTo(wait);
            fitting.failed(64);
            assertThat(fitting.size()).isEqualTo(32);
            fitting.windowDone();
            wait = Math.min(2 * wait, 12_800);
        }
        assertThat(wait).isEqualTo(12_800);
    }

    @Test
    void aFailureInBetweenStartsTheCountAgain() {
        fitting.failed(64);
        for (int i = 0; i < 60; i++) {
            fitting.windowDone();
        }
        fitting.failed(32);
        fitting.windowDone();
        assertThat(windowsUntilItGrows()).isEqualTo(100);
        assertThat(fitting.size()).isEqualTo(32);
    }
}
