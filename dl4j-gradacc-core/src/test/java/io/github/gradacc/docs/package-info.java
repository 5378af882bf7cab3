/* SPDX-License-Identifier: Apache-2.0 */
/** Runs what the documentation shows. */
package io.github.gradacc.docs;
