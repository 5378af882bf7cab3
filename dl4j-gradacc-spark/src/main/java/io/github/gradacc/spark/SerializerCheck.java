/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.lang.reflect.InaccessibleObjectException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.spark.serializer.JavaSerializer;
import org.apache.spark.serializer.Serializer;
import org.apache.spark.serializer.SerializerInstance;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import scala.reflect.ClassTag;

/**
 * Whether data sets of a user's RDD come back from Spark's serializer as they were. Kryo writes ND4J's arrays without a
 * complaint and without their elements, which shows where they are used, on the executors.
 */
final class SerializerCheck {

    private SerializerCheck() {}

    /**
     * Sends a small data set there and back.
     *
     * @param serializer the one that Spark was set to
     * @throws IllegalStateException if the data set does not come back; the message says what to do
     */
    static void requireBringsBack(Serializer serializer) {
        if (serializer instanceof JavaSerializer) {
            return;
        }
        DataSet sent = new DataSet(Nd4j.createFromArray(1.0, 2.0).reshape(1, 2), Nd4j.ones(DataType.INT32, 1, 1));
        if (!comesBack(sent, serializer)) {
            throw refusal(serializer, "they differ");
        }
    }

    private static boolean comesBack(DataSet sent, Serializer serializer) {
        try {
            ClassTag<Object> any = ClassTag.apply(Object.class);
            SerializerInstance instance = serializer.newInstance();
            ByteBuffer bytes = instance.serialize(sent, any);
            DataSet back = (DataSet) instance.deserialize(bytes, any);
            return sent.getFeatures().equals(back.getFeatures())
                    && sent.getLabels().equals(back.getLabels());
        } catch (RuntimeException e) {
            IllegalStateException refusal = refusal(serializer, e.toString());
            refusal.initCause(e);
            throw isForWantOfAFlag(e) ? missingFlag(e) : refusal;
        }
    }

    private static boolean isForWantOfAFlag(RuntimeException failure) {
        return Stream.<Throwable>iterate(failure, Objects::nonNull, Throwable::getCause)
                .anyMatch(InaccessibleObjectException.class::isInstance);
    }

    private static IllegalStateException missingFlag(RuntimeException failure) {
        return new IllegalStateException(
                "On JDK 17 Kryo needs the flag --add-opens PACKAGE=ALL-UNNAMED in the driver's process for the packages"
                        + " java.base/java.nio, java.base/java.util and java.base/java.lang.invoke: give them to java,"
                        + " or use spark-submit, which does; or leave spark.serializer as it is by default",
                failure);
    }

    private static IllegalStateException refusal(Serializer serializer, String how) {
        return new IllegalStateException("Data sets do not come back from spark.serializer="
                + serializer.getClass().getName() + " as they were (" + how + "): set spark.kryo.registrator="
                + GradAccKryoRegistrator.class.getName()
                + ", which teaches Kryo ND4J's arrays, or leave spark.serializer as it is by default");
    }
}
