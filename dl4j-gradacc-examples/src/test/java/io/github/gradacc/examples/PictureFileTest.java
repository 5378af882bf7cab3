/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureFileTest {

    @TempDir
    Path directory;

    @Test
    void defaultIsInTarget() {
        assertThat(from())
                .isAbsolute()
                .isEqualTo(Path.of("target", "default.png").toAbsolutePath());
    }

    @Test
    void createsTheDirectory() {
        Path file = directory.resolve("a").resolve("b").resolve("curves.PNG");

        assertThat(from(file.toString())).isEqualTo(file);
        assertThat(file.getParent()).isDirectory();
        assertThat(file).doesNotExist();
    }

    @Test
    void mayBeReplaced() throws Exception {
        Path file = Files.createFile(directory.resolve("old.png"));

        assertThat(from(file.toString())).isEqualTo(file);
    }

    @Test
    void acceptsALinkToADirectory() throws Exception {
        Path real = Files.createDirectory(directory.resolve("real"));
        Path file = Files.createSymbolicLink(directory.resolve("link"), real).resolve("curves.png");

        assertThat(from(file.toString())).isEqualTo(file);
    }

    @Test
    void refusesTwoArguments() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> from("a.png", "b.png"))
                .withMessage("Expected one argument at most, the path of the picture, got 2: a.png b.png");
    }

    @Test
    void refusesOtherFormats() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> from("curves.jpg"))
                .withMessage("The path of the picture must end in .png, got 'curves.jpg'");
    }

    @Test
    void refusesWhatIsNoPath() {
        assertThatIllegalArgumentException().isThrownBy(() -> from("\0.png")).withMessageStartingWith("Not a path");
    }

    @Test
    void refusesADirectory() throws Exception {
        Path taken = Files.createDirectory(directory.resolve("taken.png"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> from(taken.toString()))
                .withMessage("The picture cannot be written to " + taken);
    }

    @Test
    void refusesADirectoryThatCannotBeCreated() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> from(file.resolve("curves.png").toString()))
                .withMessageStartingWith("The directory " + file + " cannot be created");
    }

    private static Path from(String... args) {
        return PictureFile.from(args, "target/default.png");
    }
}
