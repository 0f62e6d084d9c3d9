package io.selvage.differential;

import java.util.List;

/**
 * A request as an upstream host got it.
 *
 * @param host address and port of the upstream host
 * @param headers without {@code host}, in the order of their arrival
 */
record Received(String host, String method, String path, String authority, List<Header> headers) {
  Received {
    headers = List.copyOf(headers);
  }

  /** Which call it belongs to; empty when it has lost its {@code x-case}. */
  String id() {
    String id = Header.joined(headers, Call.CASE);
    return id == null ? "" : id;
  }
}
