package io.selvage.engine.flow;

/** What a request speaks above its connection. */
public enum Protocol {
  HTTP1,
  HTTP2,
  GRPC,
  /** A connection whose requests are not seen, or a statement to a database. */
  TCP
}
