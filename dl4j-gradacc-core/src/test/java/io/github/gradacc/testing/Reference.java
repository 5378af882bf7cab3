/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Reads the stored reference values; their README tells where they come from. */
public final class Reference {

    private Reference() {}

    public static JsonNode read(String name) {
        try (InputStream in = Reference.class.getResourceAsStream("/io/github/gradacc/reference/" + name)) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A tensor as a DOUBLE array in 'c' order. */
    public static INDArray tensor(JsonNode node) {
        double[] data = new double[node.get("data").size()];
        for (int i = 0; i < data.length; i++) {
            data[i] = node.get("data").get(i).asDouble();
        }
        long[] shape = new long[node.get("shape").size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = node.get("shape").get(i).asLong();
        }
        return Nd4j.create(data).reshape('c', shape);
    }
}
