package io.selvage.controller.ca;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything that decides who is who in the mesh: the authority, its rotation, join tokens,
 * revocations and other domains. Thread-safe.
 */
public final class MeshAuthority {
  private final CertificateAuthority authority;
  private final JoinTokens tokens;
  private final Revocations revocations;
  private final Federation federation;
  private final RootRotation rotation;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile TrustBundle trust;
  private volatile Supplier<List<String>> behind = List::of;

  private final @Nullable UpstreamIntermediate upstream;

  private MeshAuthority(
      CaSettings settings,
      PrivateFolder folder,
      Clock clock,
      @Nullable UpstreamAuthority upstreamAuthority) {
    this.upstream =
        upstreamAuthority == null
            ? null
            : new UpstreamIntermediate(upstreamAuthority, settings, clock);
    if (upstream != null) {
      upstream.provide();
    }
    this.authority = CertificateAuthority.open(settings, clock);
    this.tokens = JoinTokens.open(folder, clock);
    this.revocations = Revocations.open(folder, clock, settings.maxValidity());
    this.federation = Federation.open(folder, settings.trustDomain(), new BundleFetch(), clock);
    this.rotation = new RootRotation(authority, clock, () -> behind.get());
    this.trust = compose();
    authority.onBundle(bundle -> changed());
    revocations.onChange(this::changed);
    federation.onChange(this::changed);
  }

  /**
   * Opens everything.
   *
   * @param folder private data of the controller; the authority's own is in the settings
   * @throws CodedException where files are damaged or open to others
   */
  public static MeshAuthority open(CaSettings settings, PrivateFolder folder, Clock clock) {
    return new MeshAuthority(settings, folder, clock, null);
  }

  /**
   * As {@link #open(CaSettings, PrivateFolder, Clock)}; the intermediate is signed elsewhere.
   *
   * @param upstream null = its keys are in the folder
   * @throws CodedException also SELV-4180 and SELV-4181 where the first intermediate cannot be had
   */
  public static MeshAuthority open(
      CaSettings settings,
      PrivateFolder folder,
      Clock clock,
      @Nullable UpstreamAuthority upstream) {
    return new MeshAuthority(settings, folder, clock, upstream);
  }

  /** Renews what an upstream authority signed, when it is due; call it now and then. May block. */
  public void renewIntermediate() {
    if (upstream != null) {
      upstream.renewWhenDue(authority);
    }
  }

  private TrustBundle compose() {
    return new TrustBundle(
        authority.trustDomain(),
        authority.bundle().roots(),
        federation.roots(),
        revocations.told(authority.lists()));
  }

  private synchronized void changed() {
    trust = compose();
    listeners.forEach(Runnable::run);
  }

  /** Whom members trust now. */
  public TrustBundle trust() {
    return trust;
  }

  /** Calls {@code listener} after each change of {@link #trust}, on the changing thread. */
  public void onTrust(Runnable listener) {
    listeners.add(listener);
  }

  /** Who can say which workloads have not confirmed {@link #trust}. */
  public void confirmedBy(Supplier<List<String>> notConfirmed) {
    behind = notConfirmed;
  }

  /**
   * Sets the authority's revocation lists, PEM; empty clears them.
   *
   * @throws CodedException SELV-4145 where they are not ours
   */
  public void lists(String pem) {
    if (pem.isBlank()) {
      authority.folder().delete(RevocationLists.FILE);
    } else {
      RevocationLists.check(pem, List.of(authority.certificate()), authority.bundle().roots());
      authority.folder().write(RevocationLists.FILE, pem);
    }
    authority.reload();
  }

  /** A join token for an identity of this domain. */
  public JoinTokens.Created createToken(
      String namespace, String serviceAccount, int uses, Duration lifetime) {
    SpiffeId identity = new SpiffeId(authority.trustDomain(), namespace, serviceAccount);
    return tokens.create(identity, uses, lifetime, TrustBundle.pin(authority.root()));
  }

  /** Signs certificates. */
  public CertificateAuthority authority() {
    return authority;
  }

  /** Lets workloads in. */
  public JoinTokens tokens() {
    return tokens;
  }

  /** Who is out. */
  public Revocations revocations() {
    return revocations;
  }

  /** Other domains. */
  public Federation federation() {
    return federation;
  }

  /** Replaces the root. */
  public RootRotation rotation() {
    return rotation;
  }
}
