package io.selvage.differential;

import java.time.Duration;
import java.util.List;

/**
 * What an upstream host does with a request.
 *
 * @param after how long it takes
 */
record Answer(Kind kind, int status, List<Header> headers, String body, Duration after) {
  /** The ways to answer. */
  enum Kind {
    /** A whole response. */
    RESPOND,
    /** The connection is reset before any byte of a response. */
    RESET,
    /** No answer until the caller gives up. */
    HANG,
    /** Headers with half of the body, then the connection is reset. */
    CUT
  }

  Answer {
    headers = List.copyOf(headers);
  }

  static Answer of(int status, String... headers) {
    return new Answer(Kind.RESPOND, status, Header.of(headers), "", Duration.ZERO);
  }

  static Answer reset() {
    return new Answer(Kind.RESET, 0, List.of(), "", Duration.ZERO);
  }

  static Answer hang() {
    return new Answer(Kind.HANG, 0, List.of(), "", Duration.ZERO);
  }

  Answer after(Duration delay) {
    return new Answer(kind, status, headers, body, delay);
  }

  Answer withBody(String text) {
    return new Answer(kind, status, headers, text, after);
  }

  Answer cut() {
    return new Answer(Kind.CUT, status, headers, body.isEmpty() ? "cut" : body, after);
  }
}
