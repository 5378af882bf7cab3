/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dashboard;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Questions to a page in Chromium, in its DevTools protocol: JSON in a web socket, answers carry the question's id. */
final class DevTools implements AutoCloseable {

    private static final int SECONDS = 30;

    private final ObjectMapper json = new ObjectMapper();
    private final Answers answers;
    private final WebSocket socket;
    private int questions;

    private DevTools(Answers answers, WebSocket socket) {
        this.answers = answers;
        this.socket = socket;
    }

    static DevTools connect(URI page) throws Exception {
        Answers answers = new Answers();
        WebSocket socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(page, answers)
                .get(SECONDS, TimeUnit.SECONDS);
        return new DevTools(answers, socket);
    }

    /** The value of a script. */
    JsonNode evaluate(String script) throws Exception {
        int id = ask("Runtime.evaluate", Map.of("expression", script));
        String text = answers.complete.poll(SECONDS, TimeUnit.SECONDS);
        if (text == null) {
            throw new IllegalStateException("No answer to " + script);
        }
        JsonNode answer = json.readTree(text);
        if (answer.path("id").intValue() != id || answer.path("result").has("exceptionDetails")) {
            throw new IllegalStateException("%s to %s".formatted(text, script));
        }
        return answer.path("result").path("result").path("value");
    }

    /** Ends the browser in good order; its answer is not waited for. */
    void closeBrowser() throws Exception {
        ask("Browser.close", Map.of());
    }

    private int ask(String method, Map<String, String> parameters) throws Exception {
        int id = ++questions;
        String question = json.writeValueAsString(Map.of("id", id, "method", method, "params", parameters));
        socket.sendText(question, true).get(SECONDS, TimeUnit.SECONDS);
        return id;
    }

    @Override
    public void close() {
        socket.abort();
    }

    /** Puts the parts of each message together. */
    private static final class Answers implements WebSocket.Listener {

        private final BlockingQueue<String> complete = new LinkedBlockingQueue<>();
        private final StringBuilder parts = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            parts.append(part);
            if (last) {
                complete.add(parts.toString());
                parts.setLength(0);
            }
            socket.request(1);
            return null;
        }
    }
}
