package io.selvage.extension;

/**
 * What a connection to one of the application's ports must look like.
 *
 * @param mode as PeerAuthentication says it for this port
 * @param known whether the control plane has said anything of this port; an unknown port is treated
 *     as {@code mode} says by default
 */
public record PortPolicy(Mode mode, boolean known) {
  /** STRICT: mesh TLS only. PERMISSIVE: either. DISABLE: the port is the application's alone. */
  public enum Mode {
    STRICT,
    PERMISSIVE,
    DISABLE
  }

  public boolean strict() {
    return mode == Mode.STRICT;
  }

  public boolean disabled() {
    return mode == Mode.DISABLE;
  }
}
