/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel.onednn;

import io.github.gradacc.accel.OneDnn;
import io.github.gradacc.accel.Status;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Switches oneDNN on before the first test of a process that was started for it, and skips all tests where that cannot
 * be: the reason is in the report. Found by JUnit, for every test, in the test run that has a build with oneDNN.
 */
public final class OneDnnCondition implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (!Boolean.getBoolean("gradacc.test.onednn")) {
            return ConditionEvaluationResult.enabled("a run without oneDNN");
        }
        Status status = OneDnn.enable();
        return status.active()
                ? ConditionEvaluationResult.enabled(status.toString())
                : ConditionEvaluationResult.disabled(status.toString());
    }
}
