/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import com.esotericsoftware.kryo.Kryo;
import java.util.ArrayList;
import org.apache.spark.serializer.KryoRegistrator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Teaches Kryo ND4J's arrays, and with them {@link DataSet} and {@link MultiDataSet}. Kryo by itself writes of an array
 * neither shape nor elements. It is for applications that set Spark to Kryo, and named in the configuration of the
 * context:
 *
 * <pre>
 *   spark.serializer        org.apache.spark.serializer.KryoSerializer
 *   spark.kryo.registrator  io.github.gradacc.spark.GradAccKryoRegistrator
 * </pre>
 *
 * <p>Arrays of any numeric type and shape come back with the same elements, in 'c' order, as copies that own their
 * memory; views, too. Sender and reader must have the same byte order. What an application registers beside it can be
 * registered by a class of its own that calls {@link #registerClasses}.
 *
 * <p>On JDK 17 Kryo needs {@code --add-opens PACKAGE=ALL-UNNAMED} for {@code java.base/java.nio}, {@code
 * java.base/java.util} and {@code java.base/java.lang.invoke}, which {@code spark-submit} gives to the driver, and
 * Spark to the executors.
 */
public final class GradAccKryoRegistrator implements KryoRegistrator {

    /** Spark calls it, by its name. */
    public GradAccKryoRegistrator() {}

    @Override
    public void registerClasses(Kryo kryo) {
        KryoArrays arrays = new KryoArrays();
        kryo.addDefaultSerializer(INDArray.class, arrays);
        // For spark.kryo.registrationRequired. The order decides what classes are called on their way.
        kryo.register(Nd4j.scalar(0).getClass(), arrays);
        kryo.register(INDArray[].class);
        kryo.register(DataSet.class);
        kryo.register(MultiDataSet.class);
        kryo.register(ArrayList.class);
    }
}
