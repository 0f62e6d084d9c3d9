package io.selvage.identity;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The workload's certificate and trust as they are now; replaced while connections live.
 *
 * <p>Handshakes read one consistent {@link State}. Any thread.
 */
public final class WorkloadIdentity {
  /**
   * Both at one moment.
   *
   * @param svid null before the first certificate
   * @param epoch another object whenever the SPIFFE id or the bundle is another; the same over
   *     certificate rotations
   */
  public record State(@Nullable Svid svid, TrustBundle bundle, Epoch epoch) {}

  /** A span of time in which connections may be reused; compared by identity. */
  public static final class Epoch {
    private final long number;

    private Epoch(long number) {
      this.number = number;
    }

    @Override
    public String toString() {
      return "epoch " + number;
    }
  }

  private final List<Runnable> epochListeners = new CopyOnWriteArrayList<>();
  private final List<Runnable> certificateListeners = new CopyOnWriteArrayList<>();
  private volatile State state = new State(null, TrustBundle.NONE, new Epoch(0));

  public State state() {
    return state;
  }

  /** The certificate in use; null before the first. */
  public @Nullable Svid svid() {
    return state.svid();
  }

  /** Uses another certificate from the next handshake on. */
  public void install(Svid svid) {
    replace(svid, null);
  }

  /** Trusts these roots, and only these, from the next handshake on. */
  public void trust(TrustBundle bundle) {
    replace(null, bundle);
  }

  /** Both in one step. */
  public void install(Svid svid, TrustBundle bundle) {
    replace(svid, bundle);
  }

  /** Calls back, on the changing thread, after each change of the epoch. */
  public void onEpoch(Runnable listener) {
    epochListeners.add(listener);
  }

  /** Calls back, on the changing thread, after each new certificate. */
  public void onCertificate(Runnable listener) {
    certificateListeners.add(listener);
  }

  private void replace(@Nullable Svid svid, @Nullable TrustBundle bundle) {
    boolean changed;
    synchronized (this) {
      State before = state;
      Svid nextSvid = svid == null ? before.svid() : svid;
      TrustBundle nextBundle = bundle == null ? before.bundle() : bundle;
      Svid had = before.svid();
      boolean sameId =
          had == null ? nextSvid == null : nextSvid != null && had.id().equals(nextSvid.id());
      changed = !sameId || !before.bundle().equals(nextBundle);
      state =
          new State(
              nextSvid,
              nextBundle,
              changed ? new Epoch(before.epoch().number + 1) : before.epoch());
    }
    if (changed) {
      epochListeners.forEach(Runnable::run);
    }
    if (svid != null) {
      certificateListeners.forEach(Runnable::run);
    }
  }
}
