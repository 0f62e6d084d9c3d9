package io.selvage.identity;

import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The roots that are trusted, by trust domain; several roots a domain while one replaces another.
 *
 * @param roots by trust domain; never an empty set
 * @param revocations who is refused all the same
 */
public record TrustBundle(Map<String, Set<X509Certificate>> roots, Revocations revocations) {
  /** Trusts nobody. */
  public static final TrustBundle NONE = new TrustBundle(Map.of());

  public TrustBundle {
    Map<String, Set<X509Certificate>> copy = new HashMap<>();
    roots.forEach((domain, set) -> copy.put(domain, Set.copyOf(set)));
    roots = Map.copyOf(copy);
  }

  /** Nobody is revoked. */
  public TrustBundle(Map<String, Set<X509Certificate>> roots) {
    this(roots, Revocations.NONE);
  }

  /** One domain. */
  public static TrustBundle of(String trustDomain, List<X509Certificate> roots) {
    return new TrustBundle(Map.of(trustDomain, new LinkedHashSet<>(roots)));
  }

  /** The roots of a domain; empty when it is not trusted. */
  public Set<X509Certificate> of(String trustDomain) {
    return roots.getOrDefault(trustDomain, Set.of());
  }

  /** What both say; of a domain in both, the other's roots. */
  public TrustBundle and(TrustBundle other) {
    Map<String, Set<X509Certificate>> next = new HashMap<>(roots);
    next.putAll(other.roots());
    return new TrustBundle(next, revocations.and(other.revocations()));
  }

  /** This bundle with others revoked. */
  public TrustBundle with(Revocations replacing) {
    return new TrustBundle(roots, replacing);
  }

  public boolean isEmpty() {
    return roots.isEmpty();
  }

  /** This bundle with one domain replaced. */
  public TrustBundle with(String trustDomain, List<X509Certificate> replacing) {
    Map<String, Set<X509Certificate>> next = new HashMap<>(roots);
    next.put(trustDomain, new LinkedHashSet<>(replacing));
    return new TrustBundle(next, revocations);
  }
}
