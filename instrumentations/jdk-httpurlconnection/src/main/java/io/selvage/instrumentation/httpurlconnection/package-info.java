/**
 * {@code java.net.HttpURLConnection} over plain {@code http:} URLs, and what is built on it: each
 * request is an exchange of the mesh, TLS is the connection floor's.
 */
@org.jspecify.annotations.NullMarked
package io.selvage.instrumentation.httpurlconnection;
