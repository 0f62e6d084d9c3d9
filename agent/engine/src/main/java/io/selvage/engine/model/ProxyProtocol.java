package io.selvage.engine.model;

/**
 * Which form of the PROXY protocol's header goes before the first byte of a connection, below TLS
 * (Envoy {@code ProxyProtocolConfig.Version}).
 */
public enum ProxyProtocol {
  /** A line of text. */
  V1,
  /** Binary. */
  V2
}
