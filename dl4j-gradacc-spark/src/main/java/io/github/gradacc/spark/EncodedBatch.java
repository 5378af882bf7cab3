/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.array.RawArray;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A batch on its way, and in Spark's storage: the bytes of its arrays. ND4J's own Java serialization of arrays takes
 * several times as long.
 */
final class EncodedBatch implements Serializable {

    private static final long serialVersionUID = 1L;

    /** In place of a batch that is null; what is wrong with it is for the trainer to say. */
    private static final byte[] NOTHING = {};

    private final @Nullable List<@Nullable RawArray> features;
    private final @Nullable List<@Nullable RawArray> labels;
    private final @Nullable List<@Nullable RawArray> featuresMasks;
    private final @Nullable List<@Nullable RawArray> labelsMasks;

    /** Why there are no arrays; null if there are. */
    private final @Nullable String refusal;

    private EncodedBatch(MultiDataSet data) {
        features = raw(data.getFeatures());
        labels = raw(data.getLabels());
        featuresMasks = raw(data.getFeaturesMaskArrays());
        labelsMasks = raw(data.getLabelsMaskArrays());
        refusal = null;
    }

    private EncodedBatch(IllegalArgumentException refused) {
        features = null;
        labels = null;
        featuresMasks = null;
        labelsMasks = null;
        refusal = String.valueOf(refused.getMessage());
    }

    /** Copies a batch. What cannot be copied is for {@link #decode} to say: Spark tries again where a task fails. */
    static byte[] encode(@Nullable MultiDataSet data) {
        if (data == null) {
            return NOTHING;
        }
        try {
            return Values.toBytes(new EncodedBatch(data));
        } catch (IllegalArgumentException e) {
            return Values.toBytes(new EncodedBatch(e));
        }
    }

    /**
     * Makes the batch again, or null if it was null.
     *
     * @throws IllegalArgumentException if it could not be copied
     */
    static @Nullable MultiDataSet decode(byte[] bytes) {
        if (bytes.length == 0) {
            return null;
        }
        EncodedBatch batch = Values.fromBytes(bytes, EncodedBatch.class);
        if (batch.refusal != null) {
            throw new IllegalArgumentException(batch.refusal);
        }
        return new org.nd4j.linalg.dataset.MultiDataSet(
                arrays(batch.features), arrays(batch.labels), arrays(batch.featuresMasks), arrays(batch.labelsMasks));
    }

    /** Returns a number that two different batches do not share, but once in four billion. */
    static long print(byte[] bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes);
        return checksum.getValue();
    }

    private static @Nullable List<@Nullable RawArray> raw(@Nullable INDArray @Nullable [] arrays) {
        if (arrays == null) {
            return null;
        }
        List<@Nullable RawArray> raw = new ArrayList<>();
        for (INDArray array : arrays) {
            raw.add(array == null ? null : RawArray.of(requireNumbers(array)));
        }
        return raw;
    }

    private static INDArray requireNumbers(INDArray array) {
        if (array.dataType() == DataType.UTF8 || array.isCompressed()) {
            throw new IllegalArgumentException("A batch must have arrays of numbers, got one in " + array.dataType());
        }
        return array;
    }

    private static @Nullable INDArray @Nullable [] arrays(@Nullable List<@Nullable RawArray> raw) {
        if (raw == null) {
            return null;
        }
        @Nullable INDArray[] arrays = new INDArray[raw.size()];
        for (int i = 0; i < arrays.length; i++) {
            RawArray each = raw.get(i);
            arrays[i] = each == null ? null : each.toArray();
        }
        return arrays;
    }
}
