package io.selvage.controller.access;

import java.util.List;
import java.util.stream.Collectors;

/**
 * An authenticated caller and what it may do; its rights are those of all its grants together.
 *
 * @param name unique within its source
 */
public record User(String name, List<Grant> grants) {
  public User {
    grants = List.copyOf(grants);
  }

  /**
   * Whether the user may do that.
   *
   * @param namespace empty = all of them, or something that is in none
   */
  public boolean may(Area area, boolean write, String namespace) {
    for (Grant grant : grants) {
      if (grant.holdsIn(namespace) && grant.role().may(area, write)) {
        return true;
      }
    }
    return false;
  }

  /** The grants in words. */
  public String roles() {
    return grants.stream().map(Grant::toString).collect(Collectors.joining("; "));
  }
}
