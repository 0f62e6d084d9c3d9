/**
 * OkHttp 3.12 to 5: the last application interceptor drives the attempts; the library's own TLS
 * code speaks mutual TLS to the endpoint.
 */
package io.selvage.instrumentation.okhttp;
