/* SPDX-License-Identifier: Apache-2.0 */
/** What several tests share: networks, data, event logs and the comparison with native training. */
package io.github.gradacc.testing;
