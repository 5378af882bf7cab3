/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.train.ShareCount;
import io.github.gradacc.train.ShareFailure;
import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was counted of one partition, before passes are made.
 *
 * @param batches of each of its batches, up to one that was refused
 * @param prints of their bytes, by which they are known again
 * @param failure the first batch that was refused; null if none was
 * @param example the first example of the first batch, encoded; null if there is none
 */
record PartitionCount(
        List<ShareCount> batches,
        List<Long> prints,
        @Nullable ShareFailure failure,
        @Nullable EncodedExample example) implements Serializable {

    /** One example as bytes. */
    static final class EncodedExample implements Serializable {

        private static final long serialVersionUID = 1L;

        private final byte[] bytes;

        EncodedExample(byte[] bytes) {
            this.bytes = bytes;
        }

        byte[] bytes() {
            return bytes;
        }
    }
}
