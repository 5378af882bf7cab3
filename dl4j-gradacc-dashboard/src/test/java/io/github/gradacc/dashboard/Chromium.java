/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dashboard;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * A headless Chromium, or Chrome, that the system has: a process of its own, with a profile of its own, that shows one
 * page. It is asked for what the page's scripts know, since a chart on a canvas is not in the page's text.
 */
final class Chromium implements AutoCloseable {

    private static final List<String> NAMES =
            List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

    private static final List<String> OPTIONS = List.of(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--window-size=1400,900",
            // The page is on this machine, and nothing else is looked for.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
            "--remote-debugging-port=0");

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration GRACE = Duration.ofSeconds(10);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

    private final Process process;
    private final DevTools page;

    private Chromium(Process process, DevTools page) {
        this.process = process;
        this.page = page;
    }

    /** The first of the known browsers on the path. */
    static Optional<Path> find() {
        return Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator))
                .filter(directory -> !directory.isEmpty())
                .flatMap(directory -> NAMES.stream().map(Path.of(directory)::resolve))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts the browser.
     *
     * @param profile an empty directory
     */
    static Chromium open(Path executable, URI page, Path profile) throws Exception {
        List<String> command = Stream.of(
                        Stream.of(executable.toString()),
                        OPTIONS.stream(),
                        Stream.of("--user-data-dir=" + profile, page.toString()))
                .flatMap(part -> part)
                .toList();
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        // What it leaves in the directory for temporary files is then left in the profile.
        builder.environment().put("TMPDIR", profile.toString());
        Process process = builder.start();
        try {
            return new Chromium(process, DevTools.connect(target(process, profile, page)));
        } catch (Exception | Error e) {
            process.destroy();
            end(process);
            throw e;
        }
    }

    /** Evaluates a script again and again, until it gives a text that is not empty. */
    String awaitText(String script) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            String text = page.evaluate(script).asText();
            if (!text.isEmpty()) {
                return text;
            }
            Thread.sleep(BETWEEN_LOOKS.toMillis());
        }
        throw new IllegalStateException("The page has nothing to tell, its text is: "
                + page.evaluate("document.body.innerText").asText());
    }

    @Override
    public void close() throws Exception {
        page.closeBrowser();
        page.close();
        end(process);
    }

    /** The address where the page answers questions. The browser writes its port into its profile. */
    private static URI target(Process process, Path profile, URI page) throws Exception {
        Path port = profile.resolve("DevToolsActivePort");
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (process.isAlive() && System.nanoTime() < end) {
            if (Files.exists(port) && Files.readAllLines(port).size() > 1) {
                URL list =
                        new URL("http://127.0.0.1:" + Files.readAllLines(port).get(0) + "/json/list");
                for (JsonNode target : new ObjectMapper().readTree(list)) {
                    if (target.path("url").asText().equals(page.toString())) {
                        return URI.create(target.path("webSocketDebuggerUrl").asText());
                    }
                }
            }
            Thread.sleep(BETWEEN_LOOKS.toMillis());
        }
        throw new IllegalStateException("The browser did not open the page; it "
                + (process.isAlive() ? "is running" : "ended with status " + process.exitValue()));
    }

    /** Ends the browser with all its processes, and waits for that: they write into the profile until then. */
    private static void end(Process process) throws InterruptedException, IOException {
        List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
        if (!process.waitFor(GRACE.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        long end = System.nanoTime() + PATIENCE.toNanos();
        for (ProcessHandle one : all) {
            while (one.isAlive()) {
                if (System.nanoTime() > end) {
                    throw new IOException("The browser's process " + one.pid() + " does not end");
                }
                one.destroyForcibly();
                Thread.sleep(BETWEEN_LOOKS.toMillis());
            }
        }
    }
}
