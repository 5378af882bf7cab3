/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.serializer.JavaSerializer;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.SerializerInstance;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import scala.reflect.ClassTag;

/** ND4J's arrays in Spark's Kryo, without a cluster. */
class KryoTest {

    private final SparkConf plain = new SparkConf(false);
    private final SparkConf taught = new SparkConf(false)
            .set("spark.kryo.registrator", GradAccKryoRegistrator.class.getName())
            .set("spark.kryo.registrationRequired", "true");

    /** The elements are lost, and Kryo says nothing: so the check looks at what comes back. */
    @Test
    void byItselfKryoLosesArrays() {
        assertThatIllegalStateException()
                .isThrownBy(() -> SerializerCheck.requireBringsBack(new KryoSerializer(plain)))
                .withMessageContaining("org.apache.spark.serializer.KryoSerializer")
                .withMessageContaining("spark.kryo.registrator=io.github.gradacc.spark.GradAccKryoRegistrator");
    }

    @Test
    void whatBringsArraysBackIsAccepted() {
        assertThatCode(() -> SerializerCheck.requireBringsBack(new KryoSerializer(taught)))
                .doesNotThrowAnyException();
        assertThatCode(() -> SerializerCheck.requireBringsBack(new JavaSerializer(plain)))
                .doesNotThrowAnyException();
    }

    static Stream<INDArray> arrays() {
        INDArray numbers = Nd4j.arange(24).castTo(DataType.DOUBLE).reshape(2, 3, 4);
        return Stream.of(
                numbers,
                numbers.dup('f'),
                numbers.get(NDArrayIndex.all(), NDArrayIndex.point(1), NDArrayIndex.all()),
                numbers.castTo(DataType.FLOAT16),
                numbers.castTo(DataType.BFLOAT16),
                numbers.castTo(DataType.INT64),
                numbers.gt(3),
                Nd4j.scalar(2.5f),
                Nd4j.createFromArray(Double.NaN, -0.0, Double.NEGATIVE_INFINITY),
                Nd4j.empty(DataType.FLOAT),
                Nd4j.create(DataType.DOUBLE, 0, 3));
    }

    @ParameterizedTest(name = "[{index}]", autoCloseArguments = false)
    @MethodSource("arrays")
    void arraysComeBack(INDArray array) {
        INDArray back = (INDArray) thereAndBack(array);
        assertThat(back.dataType()).isEqualTo(array.dataType());
        assertThat(back.shape()).containsExactly(array.shape());
        assertThat(back.isEmpty()).isEqualTo(array.isEmpty());
        // Printed, so that NaN is NaN; a copy, since ND4J prints views wrongly.
        assertThat(back.toStringFull()).isEqualTo(array.dup('c').toStringFull());
    }

    @Test
    void dataSetsComeBack() {
        DataSet data = new DataSet(Nd4j.rand(DataType.DOUBLE, 2, 3, 5), Nd4j.ones(2, 1), Nd4j.ones(2, 5), null);
        assertThat(thereAndBack(data)).isEqualTo(data).isNotSameAs(data);
        MultiDataSet several = new MultiDataSet(
                new INDArray[] {Nd4j.rand(DataType.FLOAT, 2, 3), Nd4j.ones(2, 1)},
                new INDArray[] {Nd4j.zeros(2, 4)},
                new INDArray[] {null, Nd4j.ones(2, 1)},
                null);
        assertThat(thereAndBack(several)).isEqualTo(several).isNotSameAs(several);
    }

    @Test
    void textIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> thereAndBack(Nd4j.create("text")))
                .withMessageContaining("UTF8");
    }

    private Object thereAndBack(Object sent) {
        SerializerInstance kryo = new KryoSerializer(taught).newInstance();
        ClassTag<Object> any = ClassTag.apply(Object.class);
        return kryo.deserialize(kryo.serialize(sent, any), any);
    }
}
