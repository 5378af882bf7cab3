/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.init;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Random matrices with orthonormal columns (or rows, where they are fewer), uniform over all such matrices.
 *
 * <pre>
 *   G ~ N(0, 1)^(m x n),  m &gt;= n
 *   G = Q R
 *   Q := Q diag(sign(R_11), ..., sign(R_nn))      with sign(0) = 1
 * </pre>
 *
 * QR leaves the signs of the columns to the implementation; the correction makes Q Haar distributed (Mezzadri 2007,
 * "How to generate random matrices from the classical compact groups", section 5).
 *
 * <p>Through LAPACK ({@code geqrf}, {@code orgqr}) in DOUBLE, whatever the type of the weights: rounding to it is then
 * the only error left. ND4J's own {@code Qr} op takes a hundred times as long.
 */
final class RandomOrthogonal {

    private RandomOrthogonal() {}

    /**
     * Draws a matrix.
     *
     * @return a new DOUBLE array [rows, columns]
     */
    static INDArray draw(long rows, long columns, Draws draws) {
        long longer = Math.max(rows, columns);
        long shorter = Math.min(rows, columns);
        INDArray q = Nd4j.createUninitialized(DataType.DOUBLE, new long[] {longer, shorter}, 'f');
        WeightView.write(q.shape(), 'f', q, entries -> entries.fill(draws::normal));
        INDArray r = Nd4j.createUninitialized(DataType.DOUBLE, new long[] {shorter, shorter}, 'f');
        Nd4j.getBlasWrapper().lapack().geqrf(q, r);
        for (int i = 0; i < shorter; i++) {
            if (r.getDouble(i, i) < 0) {
                q.getColumn(i).negi();
            }
        }
        return rows == longer ? q : q.transpose();
    }
}
