package io.selvage.engine.match;

import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.Permission;
import io.selvage.engine.model.Principal;
import java.util.List;

/**
 * A compiled {@link Permission} or {@link Principal}: a question about a request and its peer.
 *
 * <p>Source of each kind: Envoy {@code envoy.config.rbac.v3}.
 */
@FunctionalInterface
interface RbacTest {
  /**
   * @param path one form of the request's path; see {@link PathForms}
   */
  boolean test(RequestHead head, Peer peer, String path);

  /** Compiles; throws {@link IllegalArgumentException} with the reason. */
  static RbacTest of(Permission permission) {
    if (permission instanceof Permission.Any) {
      return (head, peer, path) -> true;
    }
    if (permission instanceof Permission.And p) {
      return all(p.all().stream().map(RbacTest::of).toList());
    }
    if (permission instanceof Permission.Or p) {
      return any(p.any().stream().map(RbacTest::of).toList());
    }
    if (permission instanceof Permission.Not p) {
      RbacTest inner = of(p.of());
      return (head, peer, path) -> !inner.test(head, peer, path);
    }
    if (permission instanceof Permission.Header p) {
      HeaderTest test = HeaderTest.of(p.match());
      return (head, peer, path) -> test.test(head);
    }
    if (permission instanceof Permission.UrlPath p) {
      StringTest test = StringTest.of(p.match());
      return (head, peer, path) -> test.test(path);
    }
    if (permission instanceof Permission.PathTemplate p) {
      UriTemplate test = UriTemplate.lenient(p.template());
      return (head, peer, path) -> test.matches(path);
    }
    return ofConnection(permission);
  }

  private static RbacTest ofConnection(Permission permission) {
    if (permission instanceof Permission.DestinationPort p) {
      return (head, peer, path) -> peer.localPort() == p.port();
    }
    if (permission instanceof Permission.DestinationPortRange p) {
      return (head, peer, path) -> peer.localPort() >= p.start() && peer.localPort() < p.end();
    }
    if (permission instanceof Permission.DestinationIp p) {
      Cidr range = Cidr.of(p.range());
      return (head, peer, path) -> range.contains(peer.localAddress());
    }
    if (permission instanceof Permission.RequestedServerName p) {
      StringTest test = StringTest.of(p.match());
      return (head, peer, path) -> test.test(peer.serverName() == null ? "" : peer.serverName());
    }
    throw new IllegalArgumentException("unknown permission " + permission);
  }

  /** Compiles; throws {@link IllegalArgumentException} with the reason. */
  static RbacTest of(Principal principal) {
    if (principal instanceof Principal.Any) {
      return (head, peer, path) -> true;
    }
    if (principal instanceof Principal.And p) {
      return all(p.all().stream().map(RbacTest::of).toList());
    }
    if (principal instanceof Principal.Or p) {
      return any(p.any().stream().map(RbacTest::of).toList());
    }
    if (principal instanceof Principal.Not p) {
      RbacTest inner = of(p.of());
      return (head, peer, path) -> !inner.test(head, peer, path);
    }
    if (principal instanceof Principal.Authenticated p) {
      return authenticated(p);
    }
    if (principal instanceof Principal.DirectRemoteIp p) {
      Cidr range = Cidr.of(p.range());
      return (head, peer, path) -> range.contains(peer.address());
    }
    if (principal instanceof Principal.RemoteIp p) {
      // no hop in front of a sidecar is trusted to say who the client is: as Istio inbound
      Cidr range = Cidr.of(p.range());
      return (head, peer, path) -> range.contains(peer.address());
    }
    if (principal instanceof Principal.Header p) {
      HeaderTest test = HeaderTest.of(p.match());
      return (head, peer, path) -> test.test(head);
    }
    if (principal instanceof Principal.UrlPath p) {
      StringTest test = StringTest.of(p.match());
      return (head, peer, path) -> test.test(path);
    }
    if (principal instanceof Principal.Metadata p) {
      MetadataTest test = MetadataTest.of(p);
      return (head, peer, path) -> test.test(head);
    }
    throw new IllegalArgumentException("unknown principal " + principal);
  }

  private static RbacTest authenticated(Principal.Authenticated p) {
    if (p.name() == null) {
      return (head, peer, path) -> peer.principal() != null;
    }
    StringTest test = StringTest.of(p.name());
    return (head, peer, path) -> peer.principal() != null && test.test(peer.principal());
  }

  private static RbacTest all(List<RbacTest> tests) {
    return (head, peer, path) -> {
      for (int i = 0; i < tests.size(); i++) {
        if (!tests.get(i).test(head, peer, path)) {
          return false;
        }
      }
      return true;
    };
  }

  /** Whether one of them holds. */
  static RbacTest any(List<RbacTest> tests) {
    return (head, peer, path) -> {
      for (int i = 0; i < tests.size(); i++) {
        if (tests.get(i).test(head, peer, path)) {
          return true;
        }
      }
      return false;
    };
  }
}
