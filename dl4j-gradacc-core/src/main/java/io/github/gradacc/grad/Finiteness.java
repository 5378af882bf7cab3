/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.grad;

import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.longer.MatchCondition;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.conditions.Conditions;

/**
 * The check for NaN and infinity, at the speed of memory.
 *
 * <p>The sum of absolute values is finite only if every element is, and BLAS computes it many times faster than ND4J tests
 * the elements one by one. Only a sum that overflowed (finite elements near the end of the range) needs the slow test.
 */
final class Finiteness {

    private Finiteness() {}

    /** Tells whether every gradient and every update is finite; what is never written is not looked at. */
    static boolean allFinite(INDArray flat, GradientLayout layout) {
        return allFinite(flat, layout.gradients())
                && allFinite(flat, layout.updates().ranges());
    }

    private static boolean allFinite(INDArray flat, List<IndexRange> ranges) {
        for (IndexRange range : ranges) {
            if (!allFinite(range.length() == flat.length() ? flat : range.of(flat))) {
                return false;
            }
        }
        return true;
    }

    private static boolean allFinite(INDArray vector) {
        // BLAS knows no 16-bit types, and ND4J's own test overlooks NaN in them.
        INDArray wide = isBlasType(vector.dataType()) ? vector : vector.castTo(DataType.FLOAT);
        double sumOfMagnitudes = Nd4j.getBlasWrapper().level1().asum(wide);
        return Double.isFinite(sumOfMagnitudes) || countNotFinite(wide) == 0;
    }

    private static long countNotFinite(INDArray vector) {
        return Nd4j.getExecutioner()
                .exec(new MatchCondition(vector, Conditions.notFinite()))
                .getLong(0);
    }

    static boolean isBlasType(DataType type) {
        return type == DataType.FLOAT || type == DataType.DOUBLE;
    }
}
