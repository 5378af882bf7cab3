/* SPDX-License-Identifier: Apache-2.0 */
/** What several tests share: networks, data, event logs, exactness cases and both network classes behind one type. */
package io.github.gradacc.testing;
