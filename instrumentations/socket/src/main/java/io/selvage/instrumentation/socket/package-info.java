/**
 * The connection floor for blocking sockets: names of the mesh resolve, {@code connect} goes to the
 * endpoint that the mesh chose, TLS lies between the application's streams and the wire.
 */
@org.jspecify.annotations.NullMarked
package io.selvage.instrumentation.socket;
