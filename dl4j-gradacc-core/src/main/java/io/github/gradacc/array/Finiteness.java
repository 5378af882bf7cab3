/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import org.apiguardian.api.API;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.longer.MatchCondition;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.conditions.Conditions;

/**
 * The check for NaN and infinity, at the speed of memory.
 *
 * <p>The sum of absolute values is finite only if every element is, and BLAS computes it many times faster than ND4J
 * tests the elements one by one. Only a sum that overflowed (finite elements near the end of the range) needs the slow
 * test.
 *
 * <p>None of ND4J's shortcuts will do (1.0.0-M2.1): the largest and the smallest element pass over NaN in every type,
 * and in 16-bit types {@code isNaN()} and {@code MatchCondition} overlook it.
 */
@API(status = API.Status.INTERNAL)
public final class Finiteness {

    private Finiteness() {}

    /**
     * Tells whether every element is finite.
     *
     * @param array any shape, order and floating point type; copied if its elements are not contiguous; not changed
     */
    public static boolean allFinite(INDArray array) {
        INDArray wide = BlasVector.of(array);
        double sumOfMagnitudes = Nd4j.getBlasWrapper().level1().asum(wide);
        return Double.isFinite(sumOfMagnitudes) || countNotFinite(wide) == 0;
    }

    /** Tells whether BLAS computes in this type. */
    public static boolean isBlasType(DataType type) {
        return type == DataType.FLOAT || type == DataType.DOUBLE;
    }

    private static long countNotFinite(INDArray vector) {
        return Nd4j.getExecutioner()
                .exec(new MatchCondition(vector, Conditions.notFinite()))
                .getLong(0);
    }
}
