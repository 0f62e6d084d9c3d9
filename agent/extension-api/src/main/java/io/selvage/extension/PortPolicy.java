package io.selvage.extension;

/**
 * What a connection to one of the application's ports must look like.
 *
 * @param mode as PeerAuthentication says it for this port
 * @param known whether the control plane has said anything of this port; an unknown port is treated
 *     as {@code mode} says by default
 * @param exempts whether plaintext may ask for a few paths though the port is STRICT: a connection
 *     is let in, and each of its requests is judged; what cannot be judged is refused
 * @param guarded whether rules of who may do what stand before the port: a fault of the mesh then
 *     refuses, whatever the mode
 */
public record PortPolicy(Mode mode, boolean known, boolean exempts, boolean guarded) {
  /** Without such rules. */
  public PortPolicy(Mode mode, boolean known, boolean exempts) {
    this(mode, known, exempts, false);
  }

  /** Without exemptions and rules. */
  public PortPolicy(Mode mode, boolean known) {
    this(mode, known, false);
  }

  /** STRICT: mesh TLS only. PERMISSIVE: either. DISABLE: the port is the application's alone. */
  public enum Mode {
    STRICT,
    PERMISSIVE,
    DISABLE
  }

  /** The same port with rules, or without. */
  public PortPolicy withRules(boolean some) {
    return new PortPolicy(mode, known, exempts, some);
  }

  public boolean strict() {
    return mode == Mode.STRICT;
  }

  /** Whether a plaintext connection is to be closed before a request is read. */
  public boolean refusesPlaintext() {
    return strict() && !exempts;
  }

  /** Whether a request that the mesh cannot judge must be refused. */
  public boolean failsClosed() {
    return strict() || guarded;
  }

  public boolean disabled() {
    return mode == Mode.DISABLE;
  }
}
