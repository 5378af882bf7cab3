/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import org.apache.spark.api.java.function.Function;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** From the user's batches to bytes. */
final class Encode {

    private Encode() {}

    /** Of data sets. */
    static final class DataSets implements Function<DataSet, byte[]> {

        private static final long serialVersionUID = 1L;

        @Override
        public byte[] call(DataSet data) {
            return EncodedBatch.encodeMade(() -> data == null ? null : data.toMultiDataSet());
        }
    }

    /** Of multi data sets. */
    static final class MultiDataSets implements Function<MultiDataSet, byte[]> {

        private static final long serialVersionUID = 1L;

        @Override
        public byte[] call(MultiDataSet data) {
            return EncodedBatch.encode(data);
        }
    }
}
