package io.selvage.identity.token;

import java.util.List;

/**
 * Compares audiences as Envoy does: a scheme {@code http(s)://} and a slash at the end do not count
 * ({@code jwt_verify_lib}).
 */
final class Audiences {
  private Audiences() {}

  static boolean meet(List<String> wanted, List<String> found) {
    for (String each : found) {
      String name = bare(each);
      for (String one : wanted) {
        if (bare(one).equals(name)) {
          return true;
        }
      }
    }
    return false;
  }

  private static String bare(String audience) {
    String name = audience;
    if (name.startsWith("http://")) {
      name = name.substring("http://".length());
    } else if (name.startsWith("https://")) {
      name = name.substring("https://".length());
    }
    return name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
  }
}
