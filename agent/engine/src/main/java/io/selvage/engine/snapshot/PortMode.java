package io.selvage.engine.snapshot;

/** What connections to one of the application's ports must look like (PeerAuthentication). */
public enum PortMode {
  /** Mutual TLS of the mesh only. */
  STRICT,
  /** Mutual TLS of the mesh, but for a few paths that may be asked for in plaintext. */
  STRICT_BUT_FOR_PATHS,
  /** Either. */
  PERMISSIVE,
  /** Plaintext: the mesh keeps out. */
  DISABLE,
  /** The control plane has said nothing of this port. */
  UNKNOWN
}
