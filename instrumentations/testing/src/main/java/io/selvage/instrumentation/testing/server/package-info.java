/** What every instrumentation of an HTTP server promises, and clients that drive each protocol. */
@NullMarked
package io.selvage.instrumentation.testing.server;

import org.jspecify.annotations.NullMarked;
