package io.selvage.identity;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Application protocol names on the wire: Istio's mesh names beside the plain ones.
 *
 * <p>Istio's servers pick the filter chain by what the client <em>offers</em> ({@code
 * istio-http/1.1}, {@code istio-h2}, {@code istio}) and then agree on the plain name. {@code
 * istio-peer-exchange} is never offered: it would start a metadata exchange that this side does not
 * speak.
 */
final class Alpn {
  private static final String PEER_EXCHANGE = "istio-peer-exchange";
  private static final String MESH = "istio";

  private Alpn() {}

  /** What a client offers: mesh names first, then what its codec speaks. */
  static String[] offered(boolean mesh, List<String> configured, List<String> codec) {
    Set<String> names = new LinkedHashSet<>();
    if (mesh) {
      codec.forEach(name -> names.add(meshName(name)));
      names.add(MESH);
    }
    if (!mesh || codec.isEmpty()) {
      configured.stream().filter(name -> !name.equals(PEER_EXCHANGE)).forEach(names::add);
    }
    names.addAll(codec);
    return names.toArray(new String[0]);
  }

  /** What a server agrees on; empty = no protocol, which a client reads as its default. */
  static String agreed(List<String> codec, List<String> offered) {
    for (String name : codec) {
      if (offered.contains(name)) {
        return name;
      }
    }
    for (String name : codec) {
      if (offered.contains(meshName(name))) {
        return meshName(name);
      }
    }
    return "";
  }

  /** The codec's name of a protocol that was agreed on; mesh names without a codec are none. */
  static String plain(String agreed) {
    return switch (agreed) {
      case "istio-h2" -> "h2";
      case "istio-http/1.1" -> "http/1.1";
      case "istio-http/1.0" -> "http/1.0";
      case MESH, PEER_EXCHANGE -> "";
      default -> agreed;
    };
  }

  private static String meshName(String codec) {
    return "istio-" + codec;
  }

  /** Copies without duplicates, in order. */
  static List<String> distinct(List<String> names) {
    return new ArrayList<>(new LinkedHashSet<>(names));
  }
}
