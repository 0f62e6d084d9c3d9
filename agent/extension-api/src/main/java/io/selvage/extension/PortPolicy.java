package io.selvage.extension;

/**
 * What a connection to one of the application's ports must look like.
 *
 * @param mode as PeerAuthentication says it for this port
 * @param known whether the control plane has said anything of this port; an unknown port is treated
 *     as {@code mode} says by default
 * @param exempts whether plaintext may ask for a few paths though the port is STRICT: a connection
 *     is let in, and each of its requests is judged; what cannot be judged is refused
 */
public record PortPolicy(Mode mode, boolean known, boolean exempts) {
  /** Without exemptions. */
  public PortPolicy(Mode mode, boolean known) {
    this(mode, known, false);
  }

  /** STRICT: mesh TLS only. PERMISSIVE: either. DISABLE: the port is the application's alone. */
  public enum Mode {
    STRICT,
    PERMISSIVE,
    DISABLE
  }

  public boolean strict() {
    return mode == Mode.STRICT;
  }

  /** Whether a plaintext connection is to be closed before a request is read. */
  public boolean refusesPlaintext() {
    return strict() && !exempts;
  }

  public boolean disabled() {
    return mode == Mode.DISABLE;
  }
}
