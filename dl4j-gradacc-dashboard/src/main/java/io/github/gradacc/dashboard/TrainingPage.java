/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dashboard;

import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import org.deeplearning4j.core.storage.StatsStorage;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.deeplearning4j.ui.VertxUIServer;
import org.deeplearning4j.ui.api.UIServer;
import org.deeplearning4j.ui.model.stats.StatsListener;
import org.deeplearning4j.ui.model.storage.InMemoryStatsStorage;

/**
 * DL4J's web page of a training, and the server behind it, which runs until this is closed. DL4J has one such server in
 * a process; it listens on every network interface of the machine, and asks nobody for a password.
 */
final class TrainingPage implements AutoCloseable {

    /** DL4J's server looks for new trainings twice a second. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Duration BETWEEN_QUESTIONS = Duration.ofMillis(100);

    private final UIServer server;
    private final StatsStorage storage = new InMemoryStatsStorage();

    private TrainingPage(UIServer server) {
        this.server = server;
        server.attach(storage);
    }

    /**
     * Starts the server.
     *
     * @param port 0 for any that is free
     * @throws IOException if the port is taken, or may not be used
     */
    static TrainingPage open(int port) throws IOException {
        // DL4J's server that found its port taken could not be stopped any more, and would keep the process alive.
        try {
            new ServerSocket(port).close();
        } catch (BindException e) {
            throw new IOException(
                    "Port %d cannot be used (%s). Name another one, or none for any that is free"
                            .formatted(port, e.getMessage()),
                    e);
        }
        return new TrainingPage(VertxUIServer.getInstance(port, false, null));
    }

    /** Where a browser finds the page. */
    URI address() {
        return URI.create(server.getAddress() + "/train/overview");
    }

    /** A listener that adds a point to the charts after every step of the network it is given to. */
    TrainingListener everyStep() {
        return new StatsListener(storage, 1);
    }

    /**
     * The score chart, once it has so many points, or, after ten seconds, with the points that it has.
     *
     * @param points to wait for
     */
    ScoreChart scores(int points) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        ScoreChart chart = ScoreChart.ask(address());
        while (chart.points() < points && System.nanoTime() < end) {
            Thread.sleep(BETWEEN_QUESTIONS.toMillis());
            chart = ScoreChart.ask(address());
        }
        return chart;
    }

    /** Ends the server and closes its port. */
    @Override
    public void close() {
        server.detach(storage);
        try {
            UIServer.stopInstance();
        } catch (Exception e) {
            throw new IllegalStateException("DL4J's server did not stop", e);
        }
    }
}
