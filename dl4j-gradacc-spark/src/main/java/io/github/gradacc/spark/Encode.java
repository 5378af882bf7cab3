/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
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
            return EncodedBatch.encode(data == null ? null : data.toMultiDataSet());
        }
    }

    /** Of files into which data sets were saved, by their paths. */
    static final class Paths implements Function<String, byte[]> {

        private static final long serialVersionUID = 1L;

        @Override
        public byte[] call(String name) throws IOException {
            Path path = new Path(name);
            DataSet data = new DataSet();
            try (InputStream in = path.getFileSystem(new Configuration()).open(path)) {
                data.load(in);
            }
            return EncodedBatch.encode(data.toMultiDataSet());
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
