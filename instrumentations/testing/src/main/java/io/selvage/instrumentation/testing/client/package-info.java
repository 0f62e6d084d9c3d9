/**
 * What every client instrumentation promises: upstream servers, a mesh with a real engine, and the
 * suites.
 */
@org.jspecify.annotations.NullMarked
package io.selvage.instrumentation.testing.client;
