/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.listen;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;

/** The library as it is where an optional one is missing: its classes anew, beside all others but those. */
final class WithoutLibrary extends URLClassLoader {

    private final String hidden;

    /** @param hidden what the names of the missing classes start with */
    WithoutLibrary(String hidden) {
        super(
                new URL[] {
                    ProgressBarListener.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                },
                WithoutLibrary.class.getClassLoader());
        this.hidden = hidden;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (name.startsWith(hidden)) {
            throw new ClassNotFoundException(name);
        }
        if (!name.startsWith("io.github.gradacc.")) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : findClass(name);
        }
    }

    /** Makes an object of one of these classes by its constructor of one parameter. */
    Object create(Class<?> type, Class<?> parameter, Object argument) throws ReflectiveOperationException {
        try {
            return loadClass(type.getName()).getConstructor(parameter).newInstance(argument);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    @Override
    public void close() {
        try {
            super.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
