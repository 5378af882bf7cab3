/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import java.util.function.BiConsumer;
import org.apiguardian.api.API;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Adds vectors, and measures what is added while it is in the processor's cache, so that memory is read once for both.
 *
 * <p>The measure of a vector is the sum of its magnitudes, or of its squares: NaN if an element is not finite. It is
 * infinite if all are finite and their sum leaves the range of the type, in the case of squares that of DOUBLE. All
 * methods return the measure of the vector they name first.
 *
 * <p>Vectors have rank 1, the same length and a floating point type; the types may differ. What each element becomes
 * does not depend on how the work is cut.
 */
@API(status = API.Status.INTERNAL)
public enum MeasuredSum {
    /** Measures by the sum of magnitudes, the 1-norm. */
    BY_MAGNITUDES {
        @Override
        double sum(INDArray wide) {
            return Nd4j.getBlasWrapper().level1().asum(wide);
        }
    },

    /** Measures by the sum of squares, the square of the 2-norm, at the same cost. */
    BY_SQUARES {
        /** What is added up in FLOAT may leave its range where the norm, which BLAS scales, does not. */
        @Override
        double sum(INDArray wide) {
            double squares = Nd4j.getBlasWrapper().level1().dot(wide.length(), 1.0, wide, wide);
            if (squares > LEAST_SQUARES && squares < MOST_SQUARES) {
                return squares;
            }
            if (!Finiteness.allFinite(wide)) {
                return Double.NaN;
            }
            double norm = Nd4j.getBlasWrapper().level1().nrm2(wide);
            return norm * norm;
        }
    };

    // Well inside the range of FLOAT.
    private static final double LEAST_SQUARES = 1e-25;
    private static final double MOST_SQUARES = 1e37;

    /**
     * Elements at a time: two FLOAT vectors of these are 8 MB, which a processor's caches hold. Each part needs two
     * views, and ND4J takes 10 microseconds to make one.
     */
    private static final long CHUNK = 1 << 20;

    /** {@code target := target + source}. */
    public double add(INDArray source, INDArray target) {
        return each(source, target, MeasuredSum::accumulate);
    }

    /** {@code target := source}. */
    public double copy(INDArray source, INDArray target) {
        return each(source, target, MeasuredSum::copyElements);
    }

    /** {@code target := target + other}, measured before. */
    public double addTo(INDArray target, INDArray other) {
        return each(target, other, (to, from) -> accumulate(from, to));
    }

    /** Measures only. */
    public double of(INDArray vector) {
        return each(vector, vector, (unchanged, same) -> {});
    }

    abstract double sum(INDArray wide);

    private double each(INDArray measured, INDArray other, BiConsumer<INDArray, INDArray> action) {
        double sum = 0;
        for (long from = 0; from < measured.length(); from += CHUNK) {
            long to = Math.min(measured.length(), from + CHUNK);
            INDArray part = Slice.of(measured, from, to);
            sum += measure(part);
            action.accept(part, Slice.of(other, from, to));
        }
        return sum;
    }

    private double measure(INDArray part) {
        INDArray wide = BlasVector.of(part);
        double sum = sum(wide);
        if (Double.isFinite(sum)) {
            return sum;
        }
        return Finiteness.allFinite(wide) ? Double.POSITIVE_INFINITY : Double.NaN;
    }

    private static void copyElements(INDArray source, INDArray target) {
        if (haveOneBlasType(source, target)) {
            Nd4j.getBlasWrapper().level1().copy(source, target);
        } else {
            target.assign(source);
        }
    }

    private static boolean haveOneBlasType(INDArray source, INDArray target) {
        return source.dataType() == target.dataType() && Finiteness.isBlasType(source.dataType());
    }

    private static void accumulate(INDArray source, INDArray target) {
        if (haveOneBlasType(source, target)) {
            Nd4j.getBlasWrapper().level1().axpy(source.length(), 1.0, source, target);
        } else {
            target.addi(source.castTo(target.dataType()));
        }
    }
}
