package io.selvage.controller.translate;

import io.selvage.controller.resource.view.HttpRoute;
import io.selvage.controller.resource.view.HttpRoute.HttpMatch;
import io.selvage.controller.resource.view.StringMatch;
import io.selvage.controller.resource.view.VirtualService;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Replaces {@code delegate} by the routes of the VirtualService that it names (one level deep). */
final class Delegates {
  private Delegates() {}

  static List<HttpRoute> expand(VirtualService root, MeshView view, String clientNamespace) {
    List<HttpRoute> all = new ArrayList<>();
    for (int i = 0; i < root.http().size(); i++) {
      HttpRoute route = root.http().get(i);
      HttpRoute.Delegate delegate = route.delegate();
      if (delegate == null) {
        all.add(route);
        continue;
      }
      String namespace =
          delegate.namespace().isEmpty() ? root.source().namespace() : delegate.namespace();
      VirtualService child = find(view, delegate.name(), namespace);
      if (child == null
          || !Hosts.exported(child.exportTo(), namespace, root.source().namespace())) {
        view.problems()
            .add(
                root.source(),
                "spec.http[" + i + "].delegate",
                Problems.Reason.UNRESOLVED,
                "no VirtualService " + namespace + "/" + delegate.name() + " without hosts");
        continue;
      }
      child.http().forEach(c -> addMerged(all, route, c, child));
    }
    return all;
  }

  private static @Nullable VirtualService find(MeshView view, String name, String namespace) {
    for (VirtualService service : view.virtualServices()) {
      if (service.hosts().isEmpty()
          && service.source().name().equals(name)
          && service.source().namespace().equals(namespace)) {
        return service;
      }
    }
    return null;
  }

  private static void addMerged(
      List<HttpRoute> to, HttpRoute root, HttpRoute child, VirtualService owner) {
    if (child.delegate() != null) {
      return;
    }
    List<HttpMatch> matches = new ArrayList<>();
    if (root.match().isEmpty()) {
      matches.addAll(child.match());
    } else if (child.match().isEmpty()) {
      matches.addAll(root.match());
    } else {
      for (HttpMatch outer : root.match()) {
        for (HttpMatch inner : child.match()) {
          HttpMatch merged = merge(outer, inner);
          if (merged != null) {
            matches.add(merged);
          }
        }
      }
      if (matches.isEmpty()) {
        return;
      }
    }
    to.add(
        new HttpRoute(
            owner.source().name() + (child.name().isEmpty() ? "" : "-" + child.name()),
            List.copyOf(matches),
            child.route(),
            child.redirect(),
            child.directResponse(),
            null,
            child.rewrite() == null ? root.rewrite() : child.rewrite(),
            child.timeout() == null ? root.timeout() : child.timeout(),
            child.retries() == null ? root.retries() : child.retries(),
            child.fault() == null ? root.fault() : child.fault(),
            child.mirrors().isEmpty() ? root.mirrors() : child.mirrors(),
            child.corsPolicy() == null ? root.corsPolicy() : child.corsPolicy(),
            child.headers().isEmpty() ? root.headers() : child.headers()));
  }

  /** Both conditions at once; null where they exclude each other (Istio drops such a pair). */
  private static @Nullable HttpMatch merge(HttpMatch outer, HttpMatch inner) {
    boolean conflict =
        clash(outer.scheme(), inner.scheme())
            || clash(outer.method(), inner.method())
            || clash(outer.authority(), inner.authority())
            || (outer.port() != null && inner.port() != null && !outer.port().equals(inner.port()))
            || !within(outer.uri(), inner.uri());
    if (conflict) {
      return null;
    }
    return new HttpMatch(
        outer.name().isEmpty() ? inner.name() : outer.name() + "-" + inner.name(),
        inner.uri() == null ? outer.uri() : inner.uri(),
        inner.scheme() == null ? outer.scheme() : inner.scheme(),
        inner.method() == null ? outer.method() : inner.method(),
        inner.authority() == null ? outer.authority() : inner.authority(),
        both(outer.headers(), inner.headers()),
        both(outer.withoutHeaders(), inner.withoutHeaders()),
        both(outer.queryParams(), inner.queryParams()),
        inner.port() == null ? outer.port() : inner.port(),
        both(outer.sourceLabels(), inner.sourceLabels()),
        inner.sourceNamespace().isEmpty() ? outer.sourceNamespace() : inner.sourceNamespace(),
        outer.gateways().isEmpty() ? inner.gateways() : outer.gateways(),
        outer.ignoreUriCase() || inner.ignoreUriCase(),
        outer.statPrefix());
  }

  private static boolean clash(@Nullable StringMatch a, @Nullable StringMatch b) {
    return a != null && b != null && !a.equals(b);
  }

  private static boolean within(@Nullable StringMatch outer, @Nullable StringMatch inner) {
    if (outer == null || inner == null) {
      return true;
    }
    return switch (outer.type()) {
      case PREFIX ->
          inner.type() != StringMatch.Type.REGEX && inner.value().startsWith(outer.value());
      case EXACT -> inner.equals(outer);
      default -> inner.equals(outer);
    };
  }

  private static <V> Map<String, V> both(Map<String, V> outer, Map<String, V> inner) {
    Map<String, V> both = new LinkedHashMap<>(outer);
    both.putAll(inner);
    return both;
  }
}
