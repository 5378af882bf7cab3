/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark.examples;

import io.github.gradacc.examples.Digits;
import org.apache.spark.api.java.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;

/** Draws a batch from its seed, on the executor that needs it. The same seed gives the same batch each time. */
final class DrawDigits implements Function<Long, DataSet> {

    private static final long serialVersionUID = 1L;

    private final int examples;

    DrawDigits(int examples) {
        this.examples = examples;
    }

    @Override
    public DataSet call(Long seed) {
        DataSet drawn = Digits.draw(examples, seed);
        return new DataSet(
                drawn.getFeatures().castTo(DataType.DOUBLE), drawn.getLabels().castTo(DataType.DOUBLE));
    }
}
