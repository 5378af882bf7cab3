/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.spark.SparkEnv;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** Cross-entropy that is late on executors, and takes the process with it that finds a file. */
public final class HookedLoss extends LossMCXENT {

    private static final long serialVersionUID = 1L;

    @JsonProperty
    private final String fuse;

    @JsonProperty
    private final int mostMillis;

    public HookedLoss(@JsonProperty("fuse") String fuse, @JsonProperty("mostMillis") int mostMillis) {
        this.fuse = fuse;
        this.mostMillis = mostMillis;
    }

    @Override
    public INDArray computeGradient(INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
        if (!SparkEnv.get().executorId().equals("driver")) {
            pause();
            try {
                if (Files.deleteIfExists(Path.of(fuse))) {
                    Runtime.getRuntime().halt(1);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return super.computeGradient(labels, preOutput, activation, mask);
    }

    private void pause() {
        try {
            // Not seeded: the point is that runs differ.
            Thread.sleep(ThreadLocalRandom.current().nextInt(mostMillis + 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
