/**
 * The JDK's own HTTP server. Its classes belong to the platform loader, so everything here exists
 * once in a JVM.
 */
@NullMarked
package io.selvage.instrumentation.jdkhttpserver;

import org.jspecify.annotations.NullMarked;
