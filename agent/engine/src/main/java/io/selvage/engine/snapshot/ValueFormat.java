package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.match.Cidr;
import io.selvage.engine.model.Endpoint;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A header's value with substitutions, such as {@code %REQ(x-a?:path):10%}; a plain percent sign is
 * written twice. What is not known is the empty string.
 *
 * <p>Source: Envoy's command operators. There is no connection of a caller on the calling side, so
 * its addresses and certificates are empty.
 */
public final class ValueFormat {
  /** What a value may speak of. */
  record View(
      Exchange exchange,
      int status,
      String flag,
      @Nullable Function<String, @Nullable String> response) {}

  /** One part of a value. */
  private sealed interface Part {
    String text(View view);
  }

  private record Literal(String literal) implements Part {
    @Override
    public String text(View view) {
      return literal;
    }
  }

  /** A command; at most {@code most} characters of it. */
  private record Command(Function<View, @Nullable String> of, int most) implements Part {
    @Override
    public String text(View view) {
      String found = of.apply(view);
      if (found == null) {
        return "";
      }
      return most >= 0 && found.length() > most ? found.substring(0, most) : found;
    }
  }

  private static final Pattern COMMAND =
      Pattern.compile("%([A-Z][A-Z0-9_]*)(?:\\(([^)]*)\\))?(?::(\\d{1,6}))?%");

  private final Part[] parts;

  private ValueFormat(List<Part> parts) {
    this.parts = parts.toArray(new Part[0]);
  }

  /**
   * Compiles a value.
   *
   * @throws IllegalArgumentException when it holds a command that is none, or a lone percent sign
   */
  public static ValueFormat of(String value) {
    List<Part> parts = new ArrayList<>();
    StringBuilder literal = new StringBuilder();
    Matcher command = COMMAND.matcher(value);
    for (int at = 0; at < value.length(); ) {
      char c = value.charAt(at);
      if (c != '%') {
        literal.append(c);
        at++;
      } else if (value.startsWith("%%", at)) {
        literal.append('%');
        at += 2;
      } else if (command.region(at, value.length()).lookingAt()) {
        if (!literal.isEmpty()) {
          parts.add(new Literal(literal.toString()));
          literal.setLength(0);
        }
        parts.add(command(command));
        at = command.end();
      } else {
        throw new IllegalArgumentException(
            "no substitution at position " + at + " of '" + value + "'");
      }
    }
    if (!literal.isEmpty() || parts.isEmpty()) {
      parts.add(new Literal(literal.toString()));
    }
    return new ValueFormat(parts);
  }

  private static Part command(Matcher m) {
    String name = m.group(1);
    String argument = m.group(2);
    int most = m.group(3) == null ? -1 : Integer.parseInt(m.group(3));
    Function<View, @Nullable String> of =
        argument == null ? plain(name) : withArgument(name, argument);
    if (of == null) {
      throw new IllegalArgumentException("substitution not supported: " + m.group());
    }
    return new Command(of, most);
  }

  private static @Nullable Function<View, @Nullable String> plain(String name) {
    return switch (name) {
      case "PROTOCOL" -> v -> protocol(v.exchange().head().protocol());
      case "RESPONSE_CODE" -> v -> String.valueOf(v.status());
      case "RESPONSE_FLAGS" -> v -> flags(v);
      case "ROUTE_NAME" -> v -> route(facts(v));
      case "UPSTREAM_CLUSTER", "UPSTREAM_CLUSTER_RAW" -> v -> cluster(facts(v));
      case "UPSTREAM_HOST", "UPSTREAM_REMOTE_ADDRESS" -> v -> upstream(v, true, true);
      case "UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" -> v -> upstream(v, true, false);
      case "UPSTREAM_REMOTE_PORT" -> v -> upstream(v, false, true);
      case "UPSTREAM_REQUEST_ATTEMPT_COUNT" -> v -> String.valueOf(v.exchange().attempts());
      case "DOWNSTREAM_LOCAL_PORT" -> v -> String.valueOf(facts(v).port);
      case "DOWNSTREAM_LOCAL_ADDRESS" -> v -> local(facts(v), true);
      case "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT" -> v -> local(facts(v), false);
      case "START_TIME" -> v -> Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
      case "HOSTNAME" -> v -> System.getenv("HOSTNAME");
      case "REQUESTED_SERVER_NAME",
          "VIRTUAL_CLUSTER_NAME",
          "DOWNSTREAM_REMOTE_ADDRESS",
          "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
          "DOWNSTREAM_REMOTE_PORT",
          "DOWNSTREAM_DIRECT_REMOTE_ADDRESS",
          "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT",
          "DOWNSTREAM_PEER_URI_SAN",
          "DOWNSTREAM_LOCAL_URI_SAN",
          "DOWNSTREAM_PEER_SUBJECT",
          "DOWNSTREAM_LOCAL_SUBJECT",
          "DOWNSTREAM_PEER_ISSUER",
          "DOWNSTREAM_PEER_FINGERPRINT_256",
          "DOWNSTREAM_PEER_SERIAL",
          "DOWNSTREAM_PEER_CERT",
          "DOWNSTREAM_TLS_VERSION",
          "DOWNSTREAM_TLS_CIPHER",
          "DOWNSTREAM_TLS_SESSION_ID" ->
          v -> null;
      default -> null;
    };
  }

  private static @Nullable Function<View, @Nullable String> withArgument(
      String name, String argument) {
    int alternative = argument.indexOf('?');
    String first =
        (alternative < 0 ? argument : argument.substring(0, alternative)).toLowerCase(Locale.ROOT);
    String second =
        alternative < 0 ? "" : argument.substring(alternative + 1).toLowerCase(Locale.ROOT);
    if (first.isEmpty()) {
      return null;
    }
    return switch (name) {
      case "REQ" -> v -> either(h -> v.exchange().head().firstHeader(h), first, second);
      case "RESP" -> v -> v.response() == null ? null : either(v.response(), first, second);
      case "ENVIRONMENT" -> v -> System.getenv(argument);
      default -> null;
    };
  }

  private static @Nullable String either(
      Function<String, @Nullable String> headers, String first, String second) {
    String found = headers.apply(first);
    return found == null && !second.isEmpty() ? headers.apply(second) : found;
  }

  private static MeshFacts facts(View view) {
    return MeshFacts.of(view.exchange());
  }

  private static @Nullable String protocol(Protocol protocol) {
    return switch (protocol) {
      case HTTP1 -> "HTTP/1.1";
      case HTTP2, GRPC -> "HTTP/2";
      case TCP -> null;
    };
  }

  private static String flags(View view) {
    String extra = facts(view).extraFlag;
    if (extra.isEmpty()) {
      return view.flag();
    }
    return "-".equals(view.flag()) ? extra : extra + "," + view.flag();
  }

  private static @Nullable String route(MeshFacts facts) {
    return facts.route == null ? null : facts.route.name();
  }

  private static @Nullable String cluster(MeshFacts facts) {
    return facts.cluster == null ? null : facts.cluster.name();
  }

  private static @Nullable String local(MeshFacts facts, boolean port) {
    if (!Cidr.isAddress(facts.host)) {
      return null;
    }
    return port ? facts.host + ":" + facts.port : facts.host;
  }

  private static @Nullable String upstream(View view, boolean address, boolean port) {
    Attempt attempt = view.exchange().currentAttempt();
    Endpoint endpoint = attempt == null ? null : attempt.endpoint();
    if (endpoint == null) {
      return null;
    }
    if (!address) {
      return String.valueOf(endpoint.port());
    }
    return port ? endpoint.address() + ":" + endpoint.port() : endpoint.address();
  }

  /** The value now. */
  String text(View view) {
    if (parts.length == 1) {
      return parts[0].text(view);
    }
    StringBuilder all = new StringBuilder();
    for (Part part : parts) {
      all.append(part.text(view));
    }
    return all.toString();
  }
}
