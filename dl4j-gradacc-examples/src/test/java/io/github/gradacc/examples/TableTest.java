/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class TableTest {

    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        Table table = new Table("way", "n").row("a long name", "7").row("b", "1000");

        assertThat(table.toString().lines())
                .containsExactly("way              n", "a long name      7", "b             1000");
    }

    @Test
    void refusesRowsOfAnotherLength() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Table("way", "n").row("a"))
                .withMessage("The table has 2 columns, got a row of 1");
    }

    @Test
    void numbersHaveAPointEverywhere() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            assertThat(Table.number("%.2f", 1.5)).isEqualTo("1.50");
        } finally {
            Locale.setDefault(before);
        }
    }
}
