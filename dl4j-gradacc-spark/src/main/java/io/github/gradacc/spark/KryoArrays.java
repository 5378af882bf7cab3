/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.github.gradacc.array.RawArray;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Arrays in Kryo: type, shape and bytes. */
final class KryoArrays extends Serializer<INDArray> {

    @Override
    public void write(Kryo kryo, Output output, INDArray array) {
        if (array.dataType() == DataType.UTF8 || array.isCompressed()) {
            throw new IllegalArgumentException("Arrays of numbers can be written, got one in " + array.dataType());
        }
        output.writeString(array.dataType().name());
        output.writeInt(array.rank(), true);
        output.writeLongs(array.shape(), true);
        output.writeBoolean(array.isEmpty());
        if (!array.isEmpty()) {
            byte[] bytes = RawArray.of(array).bytes();
            output.writeInt(bytes.length, true);
            output.writeBytes(bytes);
        }
    }

    @Override
    public INDArray read(Kryo kryo, Input input, Class<INDArray> type) {
        DataType ofElements = DataType.valueOf(input.readString());
        long[] shape = input.readLongs(input.readInt(true), true);
        if (input.readBoolean()) {
            return shape.length == 0 ? Nd4j.empty(ofElements) : Nd4j.create(ofElements, shape);
        }
        byte[] bytes = input.readBytes(input.readInt(true));
        return new RawArray(ofElements, bytes, shape).toArray();
    }
}
