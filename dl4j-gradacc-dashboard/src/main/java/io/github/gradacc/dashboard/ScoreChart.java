/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dashboard;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * The points of the chart "score against iteration", as the page gets them from its server.
 *
 * @param iterations of each point, counted from 0 in a new network
 * @param scores of each point; DL4J shows a score that is not finite as 0
 */
record ScoreChart(List<Integer> iterations, List<Double> scores) {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    ScoreChart {
        iterations = List.copyOf(iterations);
        scores = List.copyOf(scores);
        if (iterations.size() != scores.size()) {
            throw new IllegalArgumentException(
                    "Each point has an iteration and a score, got %d iterations and %d scores"
                            .formatted(iterations.size(), scores.size()));
        }
    }

    /**
     * Asks the server for what it would draw now. Of a training that it does not know yet it draws nothing.
     *
     * @param page any address of the server
     * @throws IOException if there is no answer, or not a chart
     */
    static ScoreChart ask(URI page) throws IOException, InterruptedException {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(page.resolve("/train/overview/data"))
                                .timeout(PATIENCE)
                                .build(),
                        BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("%s answers with status %d".formatted(answer.uri(), answer.statusCode()));
        }
        JsonNode data = new ObjectMapper().readTree(answer.body());
        List<Integer> iterations = new ArrayList<>();
        data.path("scoresIter").forEach(iteration -> iterations.add(iteration.intValue()));
        List<Double> scores = new ArrayList<>();
        data.path("scores").forEach(score -> scores.add(score.doubleValue()));
        return new ScoreChart(iterations, scores);
    }

    int points() {
        return scores.size();
    }

    /** The score of the first point, or NaN without points. */
    double first() {
        return scores.isEmpty() ? Double.NaN : scores.get(0);
    }

    /** The score of the last point, or NaN without points. */
    double last() {
        return scores.isEmpty() ? Double.NaN : scores.get(scores.size() - 1);
    }
}
