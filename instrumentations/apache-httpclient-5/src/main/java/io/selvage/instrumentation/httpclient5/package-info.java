/**
 * Apache HttpClient 5, classic: an exec chain handler behind PROTOCOL drives the attempts; the
 * connection floor does TLS.
 */
package io.selvage.instrumentation.httpclient5;
