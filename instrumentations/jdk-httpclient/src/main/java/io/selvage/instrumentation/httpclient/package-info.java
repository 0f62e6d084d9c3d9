/**
 * {@code java.net.http.HttpClient}: an exchange of the mesh around {@code send} and {@code
 * sendAsync}, connections to the chosen endpoint with the library's own TLS code, HTTP/2 by ALPN.
 */
@org.jspecify.annotations.NullMarked
package io.selvage.instrumentation.httpclient;
