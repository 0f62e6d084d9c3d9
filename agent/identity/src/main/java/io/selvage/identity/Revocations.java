package io.selvage.identity;

import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is refused although the certificate verifies: by SPIFFE id, by serial number, by the
 * authorities' own lists (RFC 5280 §5).
 *
 * <p>A list counts for certificates of the authority whose key signed it. It goes on counting after
 * its nextUpdate: what was revoked stays so, and a late list stops nobody else.
 *
 * @param ids SPIFFE ids
 * @param serials of leaf certificates, lower-case hexadecimal without leading zeros
 * @param lists of any authority of the trusted domains
 */
public record Revocations(Set<String> ids, Set<String> serials, List<X509CRL> lists) {
  /** Nobody. */
  public static final Revocations NONE = new Revocations(Set.of(), Set.of(), List.of());

  public Revocations {
    ids = Set.copyOf(ids);
    serials = Set.copyOf(serials);
    lists = List.copyOf(lists);
  }

  /** All of both. */
  Revocations and(Revocations other) {
    Set<String> allIds = new HashSet<>(ids);
    allIds.addAll(other.ids);
    Set<String> allSerials = new HashSet<>(serials);
    allSerials.addAll(other.serials);
    List<X509CRL> allLists = new ArrayList<>(lists);
    allLists.addAll(other.lists);
    return new Revocations(allIds, allSerials, allLists);
  }

  public boolean isEmpty() {
    return ids.isEmpty() && serials.isEmpty() && lists.isEmpty();
  }

  /**
   * Why a peer is refused; null when it is not.
   *
   * @param path from the leaf upwards
   * @param anchors may have issued the last of the path
   */
  @Nullable String reason(
      SpiffeId id, List<X509Certificate> path, Collection<X509Certificate> anchors) {
    if (ids.contains(id.toString())) {
      return "the identity " + id + " is revoked";
    }
    String serial = path.get(0).getSerialNumber().toString(16);
    if (serials.contains(serial)) {
      return "the certificate " + serial + " of " + id + " is revoked";
    }
    for (X509Certificate certificate : lists.isEmpty() ? List.<X509Certificate>of() : path) {
      if (isListed(certificate, path) || isListed(certificate, anchors)) {
        return "the certificate "
            + certificate.getSerialNumber().toString(16)
            + " in the chain of "
            + id
            + " is on the revocation list of its authority";
      }
    }
    return null;
  }

  private boolean isListed(X509Certificate certificate, Collection<X509Certificate> authorities) {
    for (X509CRL list : lists) {
      if (list.getIssuerX500Principal().equals(certificate.getIssuerX500Principal())
          && list.getRevokedCertificate(certificate.getSerialNumber()) != null) {
        for (X509Certificate authority : authorities) {
          if (authority.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())
              && isSignedBy(list, authority.getPublicKey())) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean isSignedBy(X509CRL list, PublicKey key) {
    try {
      list.verify(key);
      return true;
    } catch (GeneralSecurityException another) {
      return false;
    }
  }
}
