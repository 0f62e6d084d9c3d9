package io.selvage.engine.match;

/**
 * What quotes and comments mean to a database. Where databases differ, a text that would be read
 * differently is not understood rather than guessed.
 */
public enum SqlDialect {
  POSTGRESQL,
  H2,
  MYSQL,
  OTHER;

  /**
   * The dialect of a database.
   *
   * @param system OpenTelemetry's {@code db.system.name}
   */
  public static SqlDialect of(String system) {
    return switch (system) {
      case "postgresql" -> POSTGRESQL;
      case "h2database" -> H2;
      case "mysql", "mariadb" -> MYSQL;
      default -> OTHER;
    };
  }

  /** Whether {@code $tag$ … $tag$} is a literal. */
  boolean dollarQuotes() {
    return this == POSTGRESQL || this == H2;
  }

  /** Whether {@code #} may begin a comment. */
  boolean hashComments() {
    return this == MYSQL || this == OTHER;
  }

  /** Whether a backtick may quote a name. */
  boolean backticks() {
    return this != POSTGRESQL;
  }
}
