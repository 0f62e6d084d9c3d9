package io.selvage.controller.translate;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.selvage.controller.ca.Pem;
import io.selvage.controller.ca.TrustBundle;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * {@code selvage.v1.TrustBundle}: one resource a trust domain; the own one says also who is
 * revoked. A key that is not needed is left out, as agents refuse keys that they do not know.
 */
final class TrustResources {
  private TrustResources() {}

  static List<XdsResource> of(TrustBundle bundle, Interner interner) {
    List<XdsResource> all = new ArrayList<>();
    Struct.Builder own = domain(bundle.trustDomain(), bundle.roots());
    put(own, "revokedIds", new TreeSet<>(bundle.revoked().ids()));
    put(own, "revokedSerials", new TreeSet<>(bundle.revoked().serials()));
    put(own, "crls", bundle.revoked().lists());
    all.add(interner.resource(TypeUrl.TRUST_BUNDLE, bundle.trustDomain(), own.build()));
    for (Map.Entry<String, List<X509Certificate>> other :
        new TreeMap<>(bundle.federated()).entrySet()) {
      Struct struct = domain(other.getKey(), other.getValue()).build();
      all.add(interner.resource(TypeUrl.TRUST_BUNDLE, other.getKey(), struct));
    }
    return all;
  }

  private static Struct.Builder domain(String name, List<X509Certificate> roots) {
    Struct.Builder struct = Struct.newBuilder();
    struct.putFields("trustDomain", Protos.text(name));
    put(struct, "roots", roots.stream().map(Pem::of).toList());
    return struct;
  }

  private static void put(Struct.Builder struct, String key, Collection<String> texts) {
    if (!texts.isEmpty()) {
      ListValue.Builder list = ListValue.newBuilder();
      texts.forEach(text -> list.addValues(Protos.text(text)));
      struct.putFields(key, Value.newBuilder().setListValue(list).build());
    }
  }
}
