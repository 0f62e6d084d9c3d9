/**
 * Apache HttpClient 5, asynchronous, over HTTP/1.1 and HTTP/2: an exec chain handler behind
 * PROTOCOL drives the attempts; the reactor's connections get the endpoint and its TLS.
 */
package io.selvage.instrumentation.httpclient5async;
