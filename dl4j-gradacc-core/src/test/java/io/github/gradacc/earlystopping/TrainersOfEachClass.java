/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A test that takes the {@link Trainers} of a network class and is run with those of each. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "{0}")
@MethodSource("io.github.gradacc.earlystopping.Trainers#all")
@interface TrainersOfEachClass {}
