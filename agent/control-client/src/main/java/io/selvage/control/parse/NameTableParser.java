package io.selvage.control.parse;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.selvage.identity.IdentityException;
import io.selvage.identity.Pem;
import io.selvage.identity.TrustBundle;
import io.selvage.xds.istio.nds.NameTable;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The mesh's names (Istio NDS) and its trusted roots. */
public final class NameTableParser {
  private NameTableParser() {}

  /** A whole name table. */
  public static Parsed<io.selvage.engine.model.NameTable> names(NameTable table) {
    return Field.read(
        f -> {
          Map<String, List<String>> addresses = new HashMap<>();
          table
              .getTableMap()
              .forEach(
                  (host, info) -> {
                    String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
                    if (!name.isEmpty() && info.getIpsCount() > 0) {
                      addresses.put(name.toLowerCase(Locale.ROOT), List.copyOf(info.getIpsList()));
                    }
                  });
          return new io.selvage.engine.model.NameTable(addresses);
        });
  }

  /** A whole trust bundle: {@code {trustDomain, roots: [PEM…]}}. */
  public static Parsed<TrustBundle> bundle(Struct struct) {
    return Field.read(
        f -> {
          String domain =
              struct.getFieldsOrDefault("trustDomain", Value.getDefaultInstance()).getStringValue();
          if (domain.isEmpty()) {
            f.at("trustDomain").refuse("must not be empty");
          }
          List<X509Certificate> roots = new ArrayList<>();
          List<Value> texts =
              struct
                  .getFieldsOrDefault("roots", Value.getDefaultInstance())
                  .getListValue()
                  .getValuesList();
          for (int i = 0; i < texts.size(); i++) {
            try {
              roots.addAll(Pem.certificates(texts.get(i).getStringValue()));
            } catch (IdentityException unreadable) {
              f.at("roots", i).refuse(String.valueOf(unreadable.getMessage()));
            }
          }
          if (roots.isEmpty()) {
            f.at("roots").refuse("must not be empty");
            return null;
          }
          return TrustBundle.of(domain, roots);
        });
  }
}
