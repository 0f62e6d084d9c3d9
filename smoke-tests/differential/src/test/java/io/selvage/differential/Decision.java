package io.selvage.differential;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * What became of a call.
 *
 * @param status as the caller saw it; 0 = no response
 * @param headers of the response, as the caller saw them
 * @param received every request that any upstream host got for it, mirrored copies included
 * @param flag Envoy's response flag; {@code -} = none
 * @param cluster that it was sent to; {@code -} = none
 */
record Decision(
    int status,
    List<Header> headers,
    String body,
    List<Received> received,
    String flag,
    String cluster) {
  /** Headers that a side adds by itself and that no rule of the mesh decides about. */
  static final Set<String> IGNORED =
      Set.of(
          "date",
          "server",
          "connection",
          "content-length",
          "transfer-encoding",
          "keep-alive",
          "user-agent",
          "x-request-id",
          "x-forwarded-proto",
          "x-forwarded-for",
          "x-envoy-upstream-service-time",
          "x-envoy-expected-rq-timeout-ms",
          "x-envoy-internal",
          "x-envoy-attempt-count",
          "traceparent",
          "tracestate",
          Call.CASE);

  Decision {
    headers = List.copyOf(headers);
    received = List.copyOf(received);
  }

  /** How many requests reached an upstream host. */
  int attempts() {
    return received.size();
  }

  /** What is different, in words; empty = the same. */
  List<String> differences(Decision engine) {
    return differences(engine, Decision::isIgnored);
  }

  /** Whether a header differs by nature. */
  static boolean isIgnored(String name) {
    return IGNORED.contains(name);
  }

  /**
   * @param ignored headers not to compare
   */
  List<String> differences(Decision engine, Predicate<String> ignored) {
    List<String> found = new ArrayList<>();
    differ(found, "status", status, engine.status);
    differ(found, "flag", flag, engine.flag);
    differ(found, "cluster", cluster, engine.cluster);
    differ(found, "body", body, engine.body);
    headers(found, "response ", headers, engine.headers, ignored);
    differ(found, "upstream requests", received.size(), engine.received.size());
    List<Received> mine = sorted(received);
    List<Received> theirs = sorted(engine.received);
    for (int i = 0; i < Math.min(mine.size(), theirs.size()); i++) {
      Received a = mine.get(i);
      Received b = theirs.get(i);
      differ(found, "upstream host", a.host(), b.host());
      differ(found, "upstream method", a.method(), b.method());
      differ(found, "upstream path", a.path(), b.path());
      differ(found, "upstream authority", a.authority(), b.authority());
      headers(found, "upstream ", a.headers(), b.headers(), ignored);
    }
    return found;
  }

  private static List<Received> sorted(List<Received> all) {
    List<Received> copy = new ArrayList<>(all);
    copy.sort(Comparator.comparing(Received::authority).thenComparing(Received::host));
    return copy;
  }

  private static void headers(
      List<String> found,
      String where,
      List<Header> envoy,
      List<Header> engine,
      Predicate<String> ignored) {
    Set<String> names = new TreeSet<>();
    envoy.forEach(h -> names.add(h.name()));
    engine.forEach(h -> names.add(h.name()));
    for (String name : names) {
      if (!ignored.test(name)) {
        differ(found, where + name, Header.joined(envoy, name), Header.joined(engine, name));
      }
    }
  }

  private static void differ(List<String> found, String what, Object envoy, Object engine) {
    if (!Objects.equals(envoy, engine)) {
      found.add(what + ": Envoy " + quoted(envoy) + ", engine " + quoted(engine));
    }
  }

  private static String quoted(Object value) {
    return value instanceof String ? "'" + value + "'" : String.valueOf(value);
  }
}
