package io.selvage.extension;

/**
 * An engine of {@link MeshTls} whose peer may be revoked while the connection lives: no byte goes
 * in or out from then on. Who can close the connection itself says how, so that idle ones end too.
 * Any thread.
 */
public interface Revocable {
  /**
   * Runs {@code close} once the peer is revoked, on a thread of the agent; at once where it is
   * already.
   */
  void onRevoked(Runnable close);
}
