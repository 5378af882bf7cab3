/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import java.io.Serializable;
import org.apiguardian.api.API;

/**
 * A network's configuration on its way to another process, where passes are made with it.
 *
 * @param isGraph whether the network is a graph
 * @param json the configuration
 */
@API(status = API.Status.INTERNAL)
public record NetworkBlueprint(boolean isGraph, String json) implements Serializable {}
