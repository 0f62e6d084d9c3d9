package io.selvage.engine.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who is doing it (Envoy RBAC {@code Principal}). */
public sealed interface Principal {
  record Any() implements Principal {}

  record And(List<Principal> all) implements Principal {}

  record Or(List<Principal> any) implements Principal {}

  record Not(Principal of) implements Principal {}

  /**
   * The peer's identity.
   *
   * @param name over the URI SAN {@code spiffe://…}; null = any authenticated peer
   */
  record Authenticated(@Nullable StringMatch name) implements Principal {}

  /** The address of the connection's other end. */
  record DirectRemoteIp(CidrRange range) implements Principal {}

  /** The client's address after trusted forwarding. */
  record RemoteIp(CidrRange range) implements Principal {}

  record Header(HeaderMatch match) implements Principal {}

  record UrlPath(StringMatch match) implements Principal {}

  /**
   * Something that an earlier filter found out, such as a claim of a checked token.
   *
   * @param filter who found it out
   * @param path keys from outside in
   */
  record Metadata(String filter, List<String> path, ValueMatch value, boolean invert)
      implements Principal {
    public Metadata {
      path = List.copyOf(path);
    }
  }
}
