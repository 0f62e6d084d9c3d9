/** What the tests of instrumentations share: a woven JVM. */
@NullMarked
package io.selvage.instrumentation.testing;

import org.jspecify.annotations.NullMarked;
