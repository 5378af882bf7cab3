/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/** Cross-entropy that is very late where it finds a file, which it takes away, until it is interrupted. */
public final class BrakedLoss extends LossMCXENT {

    private static final long serialVersionUID = 1L;

    static final int MILLIS = 60_000;

    @JsonProperty
    private final String brake;

    public BrakedLoss(@JsonProperty("brake") String brake) {
        this.brake = brake;
    }

    @Override
    public INDArray computeGradient(INDArray labels, INDArray preOutput, IActivation activation, INDArray mask) {
        try {
            if (Files.deleteIfExists(Path.of(brake))) {
                Thread.sleep(MILLIS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return super.computeGradient(labels, preOutput, activation, mask);
    }
}
