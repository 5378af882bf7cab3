/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import io.github.gradacc.array.Fingerprint;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** A short name for the content of a batch, by which other batches are told from it. */
final class BatchPrint {

    private BatchPrint() {}

    static String of(MultiDataSet batch) {
        Fingerprint print = new Fingerprint();
        print.addAll(batch.getFeatures());
        print.addAll(batch.getLabels());
        print.addAll(batch.getFeaturesMaskArrays());
        print.addAll(batch.getLabelsMaskArrays());
        return print.value();
    }
}
