/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import java.util.function.BiConsumer;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Adds vectors, and measures what is added while it is in the processor's cache, so that memory is read once for both.
 *
 * <p>The measure of a vector is the sum of its magnitudes: NaN if an element is not finite. It is infinite if all are
 * finite and their sum leaves the range of the type. All methods return the measure of the vector they name first.
 *
 * <p>Vectors have rank 1, the same length and a floating point type; the types may differ. What each element becomes
 * does not depend on how the work is cut.
 */
@API(status = API.Status.INTERNAL)
public final class MeasuredSum {

    /** Elements at a time: two FLOAT vectors of these are 2 MB, which a processor's caches hold. */
    private static final long CHUNK = 1 << 18;

    private MeasuredSum() {}

    /** {@code target := target + source}. */
    public static double add(INDArray source, INDArray target) {
        return each(source, target, MeasuredSum::accumulate);
    }

    /** {@code target := source}. */
    public static double copy(INDArray source, INDArray target) {
        return each(source, target, (from, to) -> to.assign(from));
    }

    /** {@code target := target + other}, measured before. */
    public static double addTo(INDArray target, INDArray other) {
        return each(target, other, (to, from) -> accumulate(from, to));
    }

    /** Measures only. */
    public static double of(INDArray vector) {
        return each(vector, vector, (unchanged, same) -> {});
    }

    private static double each(INDArray measured, INDArray other, BiConsumer<INDArray, INDArray> action) {
        double sum = 0;
        for (long from = 0; from < measured.length(); from += CHUNK) {
            long to = Math.min(measured.length(), from + CHUNK);
            INDArray part = Slice.of(measured, from, to);
            sum += magnitude(part);
            action.accept(part, Slice.of(other, from, to));
        }
        return sum;
    }

    private static double magnitude(INDArray part) {
        INDArray wide = BlasVector.of(part);
        double sum = Nd4j.getBlasWrapper().level1().asum(wide);
        if (Double.isFinite(sum)) {
            return sum;
        }
        return Finiteness.allFinite(wide) ? Double.POSITIVE_INFINITY : Double.NaN;
    }

    private static void accumulate(INDArray source, INDArray target) {
        if (source.dataType() == target.dataType() && Finiteness.isBlasType(source.dataType())) {
            Nd4j.getBlasWrapper().level1().axpy(source.length(), 1.0, source, target);
        } else {
            target.addi(source.castTo(target.dataType()));
        }
    }
}
