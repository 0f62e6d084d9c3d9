package io.selvage.instrumentation.jdbc;

import io.selvage.engine.model.DatabasePolicy.Place;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a JDBC URL says of the database: never a user, a password or an option.
 *
 * @param system OpenTelemetry's {@code db.system.name}; the URL's own word where it has none
 * @param host empty for embedded databases
 * @param port 0 = none, or the driver's default
 */
record DatabaseUrl(String system, String host, int port, String database) {
  private static final DatabaseUrl UNKNOWN = new DatabaseUrl("other_sql", "", 0, "");

  /** Reads the URL; of several hosts the first. Never throws. */
  static DatabaseUrl parse(String url) {
    if (!url.startsWith("jdbc:")) {
      return UNKNOWN;
    }
    int colon = url.indexOf(':', 5);
    if (colon < 0) {
      return UNKNOWN;
    }
    String system = systemName(url.substring(5, colon).toLowerCase(Locale.ROOT));
    String rest = withoutOptions(url.substring(colon + 1));
    int slashes = rest.indexOf("//");
    return slashes < 0 ? embedded(system, rest) : remote(system, rest.substring(slashes + 2));
  }

  /**
   * The same URL for another host and port, everything else kept.
   *
   * @param url with {@code //host…}
   */
  String at(String url, Place place) {
    int from = url.indexOf("//") + 2;
    if (from < 2) {
      return url;
    }
    int end = from;
    while (end < url.length() && "/?;".indexOf(url.charAt(end)) < 0) {
      end++;
    }
    String shown = place.host().indexOf(':') >= 0 ? "[" + place.host() + "]" : place.host();
    return url.substring(0, from) + shown + ":" + place.port() + url.substring(end);
  }

  /** The URL without one option of its query; as it is where it has none. */
  static String without(String url, String option) {
    int query = url.indexOf('?');
    if (query < 0) {
      return url;
    }
    StringBuilder kept = new StringBuilder();
    for (String part : url.substring(query + 1).split("&")) {
      if (!part.startsWith(option + "=")) {
        kept.append(kept.length() == 0 ? "?" : "&").append(part);
      }
    }
    return url.substring(0, query) + kept;
  }

  /** An option of the URL's query; null when it has none. */
  static @Nullable String option(String url, String name) {
    int query = url.indexOf('?');
    for (String part : query < 0 ? new String[0] : url.substring(query + 1).split("&")) {
      if (part.startsWith(name + "=")) {
        return part.substring(name.length() + 1);
      }
    }
    return null;
  }

  /** As OpenTelemetry's registry of {@code db.system.name} has it. */
  private static String systemName(String scheme) {
    return switch (scheme) {
      case "h2" -> "h2database";
      case "sqlserver" -> "microsoft.sql_server";
      case "oracle" -> "oracle.db";
      default -> scheme;
    };
  }

  private static String withoutOptions(String rest) {
    int end = rest.length();
    for (char mark : new char[] {'?', ';'}) {
      int at = rest.indexOf(mark);
      end = at < 0 ? end : Math.min(end, at);
    }
    return rest.substring(0, end);
  }

  /**
   * {@code mem:name}, {@code file:/path/name}, {@code ~/name}; {@code jdbc:postgresql:name} is the
   * driver's local host.
   */
  private static DatabaseUrl embedded(String system, String rest) {
    String database = lastName(rest);
    return system.equals("postgresql")
        ? new DatabaseUrl(system, "localhost", 5432, database)
        : new DatabaseUrl(system, "", 0, database);
  }

  private static String lastName(String path) {
    String name = path.substring(path.lastIndexOf(':') + 1);
    return name.substring(name.lastIndexOf('/') + 1);
  }

  private static DatabaseUrl remote(String system, String rest) {
    int slash = rest.indexOf('/');
    String hosts = slash < 0 ? rest : rest.substring(0, slash);
    String path = slash < 0 ? "" : rest.substring(slash + 1);
    String database = system.equals("h2database") ? lastName(path) : path;
    int comma = hosts.indexOf(',');
    String first = comma < 0 ? hosts : hosts.substring(0, comma);
    String address = first.substring(first.lastIndexOf('@') + 1);
    int bracket = address.indexOf(']');
    int colon = address.indexOf(':', Math.max(0, bracket));
    String host = colon < 0 ? address : address.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    return new DatabaseUrl(
        system,
        host,
        colon < 0 ? defaultPort(system) : port(address.substring(colon + 1)),
        database);
  }

  private static int defaultPort(String system) {
    return switch (system) {
      case "postgresql" -> 5432;
      case "mysql", "mariadb" -> 3306;
      case "h2database" -> 9092;
      default -> 0;
    };
  }

  private static int port(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException none) {
      return 0;
    }
  }
}
