/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Writes down every listener call with all that a listener can see of the model at that moment. */
public final class EventLog implements TrainingListener {

    /**
     * One call.
     *
     * @param name the method and its arguments
     * @param sizes batch size and shapes of the model's input
     * @param score the model's score
     * @param arrays copies: activations, gradients or parameters, as the call is about
     */
    public record Event(String name, String sizes, double score, List<INDArray> arrays) {}

    private final List<Event> events = new ArrayList<>();

    public List<Event> events() {
        return List.copyOf(events);
    }

    /** The same events with the input alone in place of all activations. */
    public EventLog withoutActivations() {
        EventLog log = new EventLog();
        for (Event event : events) {
            boolean activations = event.name().startsWith("onForwardPass");
            List<INDArray> arrays = activations ? event.arrays().subList(0, 1) : event.arrays();
            log.events.add(new Event(event.name(), event.sizes(), event.score(), arrays));
        }
        return log;
    }

    /** Asserts that the same calls came in the same order and showed the same values. */
    public void assertSameAs(EventLog expected, double tolerance) {
        List<String> names = events.stream().map(Event::name).toList();
        List<String> expectedNames = expected.events.stream().map(Event::name).toList();
        assertThat(names).isEqualTo(expectedNames);
        for (int i = 0; i < events.size(); i++) {
            Event a = events.get(i);
            Event b = expected.events.get(i);
            String what = "event " + i + " " + a.name();
            assertThat(a.sizes()).as(what).isEqualTo(b.sizes());
            Tolerance.assertClose(what + " score", a.score(), b.score(), tolerance);
            assertThat(a.arrays()).as(what).hasSameSizeAs(b.arrays());
            for (int j = 0; j < a.arrays().size(); j++) {
                Tolerance.assertClose(
                        what + " array " + j, a.arrays().get(j), b.arrays().get(j), tolerance);
            }
        }
    }

    @Override
    public void iterationDone(Model model, int iteration, int epoch) {
        List<INDArray> arrays = new ArrayList<>(inputs(model));
        arrays.add(model.params());
        log("iterationDone " + iteration + " " + epoch, model, arrays);
    }

    @Override
    public void onEpochStart(Model model) {
        events.add(new Event("onEpochStart", "", model.score(), List.of()));
    }

    @Override
    public void onEpochEnd(Model model) {
        events.add(new Event(
                "onEpochEnd", "", model.score(), List.of(model.params().dup())));
    }

    @Override
    public void onForwardPass(Model model, List<INDArray> activations) {
        log("onForwardPass", model, activations);
    }

    @Override
    public void onForwardPass(Model model, Map<String, INDArray> activations) {
        log("onForwardPass " + activations.keySet(), model, List.copyOf(activations.values()));
    }

    @Override
    public void onGradientCalculation(Model model) {
        log("onGradientCalculation", model, List.of(model.gradient().gradient()));
    }

    @Override
    public void onBackwardPass(Model model) {
        log("onBackwardPass", model, List.of(model.gradient().gradient()));
    }

    private void log(String name, Model model, List<INDArray> arrays) {
        String sizes = model.batchSize() + " "
                + inputs(model).stream()
                        .map(input -> Arrays.toString(input.shape()))
                        .toList();
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            events.add(new Event(
                    name,
                    sizes,
                    model.score(),
                    arrays.stream().map(INDArray::dup).toList()));
        }
    }

    private static List<INDArray> inputs(Model model) {
        return model instanceof ComputationGraph graph ? List.of(graph.getInputs()) : List.of(model.input());
    }
}
