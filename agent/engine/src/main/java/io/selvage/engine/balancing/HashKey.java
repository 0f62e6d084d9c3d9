package io.selvage.engine.balancing;

import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.match.QueryTest;
import io.selvage.engine.model.HashPolicy;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a request is hashed by. Source: Envoy {@code HashPolicyImpl::generateHash}. */
final class HashKey {
  private HashKey() {}

  /** The hash by the policies in order; chance when none of them finds anything. */
  static long of(Exchange x, MeshFacts facts, List<HashPolicy> policies, Randomness random) {
    long hash = 0;
    boolean found = false;
    for (HashPolicy policy : policies) {
      String value = value(x, facts, policy, random);
      if (value != null) {
        long one = XxHash64.of(value);
        // rotated, so that two policies with equal values do not cancel out
        hash = found ? Long.rotateLeft(hash, 1) ^ one : one;
        found = true;
      }
      if (found && policy.terminal()) {
        break;
      }
    }
    return found ? hash : random.nextLong();
  }

  private static @Nullable String value(
      Exchange x, MeshFacts facts, HashPolicy policy, Randomness random) {
    if (policy instanceof HashPolicy.Header header) {
      return x.head().header(header.name());
    }
    if (policy instanceof HashPolicy.QueryParameter parameter) {
      return QueryTest.parameter(x.head().path(), parameter.name());
    }
    if (policy instanceof HashPolicy.Cookie cookie) {
      String value = cookie(x.head().header("cookie"), cookie.name());
      if ((value != null && !value.isEmpty()) || cookie.ttl() == null) {
        return value == null || value.isEmpty() ? null : value;
      }
      String made = Long.toHexString(random.nextLong());
      facts.stickyCookie =
          cookie.name()
              + "=\""
              + made
              + "\""
              + (cookie.ttl().isZero() ? "" : "; Max-Age=" + cookie.ttl().toSeconds())
              + (cookie.path().isEmpty() ? "" : "; Path=" + cookie.path())
              + attributes(cookie.attributes())
              + "; HttpOnly";
      return made;
    }
    // the caller of an outbound request is this workload: every request has the same source
    return "self";
  }

  private static String attributes(Map<String, String> attributes) {
    StringBuilder text = new StringBuilder();
    attributes.forEach(
        (name, value) -> text.append("; ").append(name).append(value.isEmpty() ? "" : "=" + value));
    return text.toString();
  }

  /** The value of a cookie, without quotes; null when there is none of the name. */
  static @Nullable String cookie(@Nullable String header, String name) {
    if (header == null) {
      return null;
    }
    for (String part : header.split(";")) {
      String pair = part.strip();
      if (pair.startsWith(name)
          && pair.length() > name.length()
          && pair.charAt(name.length()) == '=') {
        String value = pair.substring(name.length() + 1);
        boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
      }
    }
    return null;
  }
}
