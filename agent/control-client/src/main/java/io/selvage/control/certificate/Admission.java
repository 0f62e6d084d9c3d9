package io.selvage.control.certificate;

/**
 * A way into the mesh that works again and again, unlike a join token: by what the place where the
 * workload runs vouches for. Called on the keeper's thread; may block.
 */
@FunctionalInterface
public interface Admission {
  /**
   * A certificate.
   *
   * @throws CertificateException never permanent: what is refused now may be renewed in place
   */
  CertificateClient.Issued enter(CertificateClient client) throws CertificateException;
}
