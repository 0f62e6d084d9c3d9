package io.selvage.engine.snapshot;

import io.selvage.engine.match.HostTable;
import io.selvage.engine.model.DatabasePolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the policy for a database by what its JDBC URL says; the first that fits. Immutable. */
public final class Databases {
  private final List<DatabasePolicy> policies;
  private final Outbound outbound;

  Databases(List<DatabasePolicy> policies, Outbound outbound) {
    this.policies = policies;
    this.outbound = outbound;
  }

  /**
   * The policy for a place; null when there is none.
   *
   * @param host name or address as in the URL; empty = embedded, which no policy governs
   * @param database name of the database; empty = unknown, which no list of names contains
   */
  public @Nullable DatabasePolicy find(String host, int port, String database) {
    if (policies.isEmpty() || host.isEmpty()) {
      return null;
    }
    String name = HostTable.lowerCase(host);
    String full = outbound.nameOf(name);
    for (int i = 0; i < policies.size(); i++) {
      DatabasePolicy policy = policies.get(i);
      if (policy.port() == port
          && (policy.databases().isEmpty() || policy.databases().contains(database))
          && (names(policy, name) || names(policy, full))) {
        return policy;
      }
    }
    return null;
  }

  /** Whether any policy may lead connections elsewhere. */
  public boolean isEmpty() {
    return policies.isEmpty();
  }

  private static boolean names(DatabasePolicy policy, String name) {
    for (String pattern : policy.hosts()) {
      if (pattern.startsWith("*") ? name.endsWith(pattern.substring(1)) : pattern.equals(name)) {
        return true;
      }
    }
    return false;
  }
}
