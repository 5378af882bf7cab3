/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.updater;

/** The functions of three variables that reference values exist for, with their gradients by hand. */
enum TestFunction {
    QUADRATIC {
        @Override
        double value(double[] p) {
            double x = p[0];
            double y = p[1];
            double z = p[2];
            return 0.5 * (x - 1) * (x - 1) + 2 * (y + 0.5) * (y + 0.5) + 0.25 * (z - 2) * (z - 2) + 0.3 * x * y;
        }

        @Override
        double[] gradient(double[] p) {
            return new double[] {p[0] - 1 + 0.3 * p[1], 4 * (p[1] + 0.5) + 0.3 * p[0], 0.5 * (p[2] - 2)};
        }
    },
    ROSENBROCK3 {
        @Override
        double value(double[] p) {
            double x = p[0];
            double y = p[1];
            double z = p[2];
            return (x - 1) * (x - 1) + 5 * (y - x * x) * (y - x * x) + 5 * (z - y * y) * (z - y * y);
        }

        @Override
        double[] gradient(double[] p) {
            double x = p[0];
            double y = p[1];
            double z = p[2];
            return new double[] {
                2 * (x - 1) - 20 * x * (y - x * x), 10 * (y - x * x) - 20 * y * (z - y * y), 10 * (z - y * y)
            };
        }
    };

    static final double[] START = {-0.5, 0.8, 0.3};

    abstract double value(double[] p);

    abstract double[] gradient(double[] p);
}
