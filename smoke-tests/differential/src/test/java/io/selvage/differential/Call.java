package io.selvage.differential;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A request of the caller.
 *
 * @param id unique in this run; travels as {@code x-case}, by which scripts and records know it
 * @param listener address and port of the listener that it is sent to, {@code 127.77.0.1:9000}
 * @param headers beside {@code host} and {@code x-case}
 */
record Call(
    String id,
    String listener,
    String method,
    String authority,
    String path,
    List<Header> headers,
    String body) {
  static final String CASE = "x-case";
  private static final AtomicLong IDS = new AtomicLong();

  Call {
    headers = List.copyOf(headers);
  }

  static Call of(String listener, String method, String authority, String path, String... headers) {
    return of(listener, method, authority, path, Header.of(headers));
  }

  static Call of(
      String listener, String method, String authority, String path, List<Header> headers) {
    return new Call("c" + IDS.incrementAndGet(), listener, method, authority, path, headers, "");
  }

  static Call get(String listener, String authority, String path, String... headers) {
    return of(listener, "GET", authority, path, headers);
  }

  Call withBody(String text) {
    return new Call(id, listener, method, authority, path, headers, text);
  }

  /** The same request to another listener, with an id of its own. */
  Call to(String otherListener) {
    return of(otherListener, method, authority, path, headers).withBody(body);
  }

  String listenerHost() {
    return listener.substring(0, listener.lastIndexOf(':'));
  }

  int listenerPort() {
    return Integer.parseInt(listener.substring(listener.lastIndexOf(':') + 1));
  }

  boolean isGrpc() {
    String type = Header.joined(headers, "content-type");
    return type != null
        && (type.equals("application/grpc") || type.startsWith("application/grpc+"));
  }

  @Override
  public String toString() {
    return method + " " + authority + " " + path + " " + headers;
  }
}
