/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;

/** The path of the picture: the only argument of a program. */
final class PictureFile {

    private PictureFile() {}

    /**
     * Reads the arguments and creates the picture's directory, so that a wrong path is reported before training and
     * not after it.
     *
     * @param args empty for the default, or one path that ends in {@code .png}
     * @param byDefault the path for no arguments
     * @return the absolute path
     * @throws IllegalArgumentException if the arguments do not name a file that can be written
     */
    static Path from(String[] args, String byDefault) {
        if (args.length > 1) {
            throw new IllegalArgumentException("Expected one argument at most, the path of the picture, got "
                    + args.length + ": " + String.join(" ", args));
        }
        return of(args.length == 0 ? byDefault : args[0]);
    }

    /**
     * Checks the name of a picture and creates its directory.
     *
     * @return the absolute path
     * @throws IllegalArgumentException if it does not end in {@code .png}, or cannot be written
     */
    static Path of(String name) {
        if (!name.toLowerCase(Locale.ROOT).endsWith(".png")) {
            throw new IllegalArgumentException("The path of the picture must end in .png, got '" + name + "'");
        }
        Path file = parse(name).toAbsolutePath().normalize();
        createParent(file);
        boolean writable = Files.exists(file)
                ? Files.isRegularFile(file) && Files.isWritable(file)
                : Files.isWritable(file.resolveSibling("."));
        if (!writable) {
            throw new IllegalArgumentException("The picture cannot be written to " + file);
        }
        return file;
    }

    private static Path parse(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("Not a path: " + e.getMessage(), e);
        }
    }

    private static void createParent(Path file) {
        Path directory = file.resolveSibling(".").normalize();
        // createDirectories of JDK 17 refuses a link to a directory, such as /tmp on macOS.
        if (Files.isDirectory(directory)) {
            return;
        }
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new IllegalArgumentException("The directory " + directory + " cannot be created: " + e, e);
        }
    }
}
