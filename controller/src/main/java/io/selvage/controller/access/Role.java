package io.selvage.controller.access;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** A named set of rights. */
public enum Role {
  /** Reads everything but secrets. */
  VIEWER(EnumSet.noneOf(Area.class)),
  /** A viewer that writes traffic configuration and makes join tokens. */
  OPERATOR(EnumSet.of(Area.CONFIGURATION, Area.JOIN_TOKENS)),
  /** A viewer that writes security policy, keeps secrets and looks after identities. */
  SECURITY(EnumSet.of(Area.SECURITY_POLICY, Area.SECRETS, Area.JOIN_TOKENS, Area.TRUST)),
  /** Everything. */
  ADMIN(EnumSet.allOf(Area.class));

  private final Set<Area> writes;

  Role(Set<Area> writes) {
    this.writes = writes;
  }

  /** Whether the role may do that; whoever writes an area reads it. */
  public boolean may(Area area, boolean write) {
    return writes.contains(area) || (!write && area != Area.SECRETS);
  }

  /** As it is written. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The role of that name.
   *
   * @throws IllegalArgumentException with the names that there are
   */
  public static Role of(String text) {
    for (Role role : values()) {
      if (role.text().equals(text)) {
        return role;
      }
    }
    throw new IllegalArgumentException(
        "role \"" + text + "\" is none of viewer, operator, security, admin");
  }
}
