/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dashboard;

/**
 * What the command line asks for.
 *
 * @param port of the page; 0 for any that is free
 * @param epochs to train
 * @param stay whether the page stays after the training
 */
record Settings(int port, int epochs, boolean stay) {

    static final String USAGE = "Arguments: --port=N (default: a free one), --epochs=N (default: "
            + Settings.DEFAULT_EPOCHS + "), --stay (until Enter is pressed)";

    static final int DEFAULT_EPOCHS = 10;
    static final int MOST_EPOCHS = 50;

    private static final int MOST_PORTS = 65_535;

    Settings {
        // DL4J's charts leave points out when there are more than 512.
        if (epochs < 1 || epochs > MOST_EPOCHS) {
            throw new IllegalArgumentException("--epochs must be 1 to %d, got %d".formatted(MOST_EPOCHS, epochs));
        }
        if (port < 0 || port > MOST_PORTS) {
            throw new IllegalArgumentException("--port must be 0 to %d, got %d".formatted(MOST_PORTS, port));
        }
    }

    /**
     * Reads a command line.
     *
     * @throws IllegalArgumentException if an argument is not known, or its value is not allowed
     */
    static Settings from(String... args) {
        Settings settings = new Settings(0, DEFAULT_EPOCHS, false);
        for (String arg : args) {
            settings = settings.with(arg);
        }
        return settings;
    }

    private Settings with(String arg) {
        int equals = arg.indexOf('=');
        String name = equals < 0 ? arg : arg.substring(0, equals + 1);
        return switch (name) {
            case "--port=" -> new Settings(number(arg, equals), epochs, stay);
            case "--epochs=" -> new Settings(port, number(arg, equals), stay);
            case "--stay" -> new Settings(port, epochs, true);
            default -> throw new IllegalArgumentException("No such argument: '%s'. %s".formatted(arg, USAGE));
        };
    }

    private static int number(String arg, int equals) {
        try {
            return Integer.parseInt(arg.substring(equals + 1));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("A whole number must follow the '=', got '%s'".formatted(arg), e);
        }
    }
}
