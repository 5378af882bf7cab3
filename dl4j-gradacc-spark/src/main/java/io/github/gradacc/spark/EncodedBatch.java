/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.array.RawArray;
import java.io.ByteArrayOutputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
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

    /** No stream of Java's serialization begins with it. */
    private static final byte UNREADABLE = 0;

    private final @Nullable List<@Nullable RawArray> features;
    private final @Nullable List<@Nullable RawArray> labels;
    private final @Nullable List<@Nullable RawArray> featuresMasks;
    private final @Nullable List<@Nullable RawArray> labelsMasks;

    private EncodedBatch(MultiDataSet data) {
        features = raw(data.getFeatures());
        labels = raw(data.getLabels());
        featuresMasks = raw(data.getFeaturesMaskArrays());
        labelsMasks = raw(data.getLabelsMaskArrays());
    }

    /** Copies a batch. What cannot be copied is for {@link #decode} to say: Spark tries again where a task fails. */
    static byte[] encode(@Nullable MultiDataSet data) {
        return encodeMade(() -> data);
    }

    /** As {@link #encode(MultiDataSet)}, of what is yet to be made. */
    static byte[] encodeMade(Supplier<? extends @Nullable MultiDataSet> batch) {
        try {
            MultiDataSet data = batch.get();
            if (data == null) {
                return NOTHING;
            }
            return Values.toBytes(new EncodedBatch(data));
        } catch (RuntimeException e) {
            return unreadable(e instanceof IllegalArgumentException ? String.valueOf(e.getMessage()) : e.toString());
        }
    }

    /** Returns, in place of a batch, why there is none: {@link #decode} refuses it in these words. */
    static byte[] unreadable(String why) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(UNREADABLE);
        bytes.writeBytes(why.getBytes(StandardCharsets.UTF_8));
        return bytes.toByteArray();
    }

    /**
     * Makes the batch again, or null if it was null.
     *
     * @throws IllegalArgumentException if it could not be read or copied in the first place
     */
    static @Nullable MultiDataSet decode(byte[] bytes) {
        if (bytes.length == 0) {
            return null;
        }
        if (bytes[0] == UNREADABLE) {
            throw new IllegalArgumentException(new String(bytes, 1, bytes.length - 1, StandardCharsets.UTF_8));
        }
        EncodedBatch batch = Values.fromBytes(bytes, EncodedBatch.class);
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
