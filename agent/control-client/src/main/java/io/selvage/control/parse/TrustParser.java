package io.selvage.control.parse;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.selvage.identity.IdentityException;
import io.selvage.identity.Pem;
import io.selvage.identity.Revocations;
import io.selvage.identity.TrustBundle;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * {@code selvage.v1.TrustBundle}: one trust domain, its roots, and who is revoked in it.
 *
 * <p>{@code {trustDomain, roots: [PEM…], revokedIds: […], revokedSerials: [hex…], crls: [PEM…]}}; a
 * key that is not known is refused, as it might say whom not to trust.
 */
public final class TrustParser {
  private static final Set<String> KNOWN =
      Set.of("trustDomain", "roots", "revokedIds", "revokedSerials", "crls");

  private TrustParser() {}

  /** The bundle of one domain. */
  public static Parsed<TrustBundle> bundle(Struct struct) {
    return Field.read(f -> read(f, struct));
  }

  private static @org.jspecify.annotations.Nullable TrustBundle read(Field f, Struct struct) {
    for (String key : struct.getFieldsMap().keySet()) {
      if (!KNOWN.contains(key)) {
        f.at(key).refuse("is not known");
      }
    }
    String domain =
        struct.getFieldsOrDefault("trustDomain", Value.getDefaultInstance()).getStringValue();
    if (domain.isEmpty()) {
      f.at("trustDomain").refuse("must not be empty");
    }
    List<X509Certificate> roots = new ArrayList<>();
    List<String> texts = texts(f, struct, "roots");
    for (int i = 0; i < texts.size(); i++) {
      try {
        roots.addAll(Pem.certificates(texts.get(i)));
      } catch (IdentityException unreadable) {
        f.at("roots", i).refuse(String.valueOf(unreadable.getMessage()));
      }
    }
    List<X509CRL> lists = lists(f, texts(f, struct, "crls"));
    if (roots.isEmpty()) {
      f.at("roots").refuse("must not be empty");
      return null;
    }
    return TrustBundle.of(domain, roots)
        .with(
            new Revocations(
                new HashSet<>(texts(f, struct, "revokedIds")),
                new HashSet<>(texts(f, struct, "revokedSerials")),
                lists));
  }

  private static List<String> texts(Field f, Struct struct, String key) {
    List<String> texts = new ArrayList<>();
    List<Value> values =
        struct.getFieldsOrDefault(key, Value.getDefaultInstance()).getListValue().getValuesList();
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i).getKindCase() != Value.KindCase.STRING_VALUE) {
        f.at(key, i).refuse("must be a text");
      }
      texts.add(values.get(i).getStringValue());
    }
    return texts;
  }

  private static List<X509CRL> lists(Field f, List<String> texts) {
    List<X509CRL> lists = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      try {
        CertificateFactory.getInstance("X.509")
            .generateCRLs(
                new ByteArrayInputStream(texts.get(i).getBytes(StandardCharsets.US_ASCII)))
            .forEach(list -> lists.add((X509CRL) list));
      } catch (CRLException | CertificateException unreadable) {
        f.at("crls", i).refuse("is no revocation list: " + unreadable.getMessage());
      }
    }
    return lists;
  }
}
