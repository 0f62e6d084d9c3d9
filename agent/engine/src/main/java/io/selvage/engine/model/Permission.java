package io.selvage.engine.model;

import java.util.List;

/** What is being done (Envoy RBAC {@code Permission}). */
public sealed interface Permission {
  record Any() implements Permission {}

  record And(List<Permission> all) implements Permission {}

  record Or(List<Permission> any) implements Permission {}

  record Not(Permission of) implements Permission {}

  record Header(HeaderMatch match) implements Permission {}

  /** The normalised path without query. */
  record UrlPath(StringMatch match) implements Permission {}

  /** A URI template over the path. */
  record PathTemplate(String template) implements Permission {}

  record DestinationPort(int port) implements Permission {}

  record DestinationPortRange(int start, int end) implements Permission {}

  record DestinationIp(CidrRange range) implements Permission {}

  record RequestedServerName(StringMatch match) implements Permission {}
}
