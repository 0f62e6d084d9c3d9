package io.selvage.controller.translate;

import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.view.BackendRef;
import io.selvage.controller.resource.view.ReferenceGrant;
import io.selvage.controller.resource.view.ServiceEntry;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds what Gateway API routes refer to. */
final class Backends {
  private static final String ISTIO = "networking.istio.io";

  private final MeshSettings settings;
  private final Function<String, @Nullable MeshService> services;
  private final List<ReferenceGrant> grants;
  private final List<ServiceEntry> entries;

  /**
   * A destination.
   *
   * @param reason why it cannot be used, in the words of the condition {@code ResolvedRefs}; empty
   *     where it can
   * @param text the same as a sentence
   */
  record Backend(String host, int port, String reason, String text) {
    boolean resolved() {
      return reason.isEmpty();
    }

    private static Backend missing(String reason, String text) {
      return new Backend("", 0, reason, text);
    }
  }

  Backends(
      MeshSettings settings,
      Function<String, @Nullable MeshService> services,
      List<ReferenceGrant> grants,
      List<ServiceEntry> entries) {
    this.settings = settings;
    this.services = services;
    this.grants = grants;
    this.entries = entries;
  }

  Backend resolve(Resource owner, BackendRef ref) {
    String namespace = ref.namespace().isEmpty() ? owner.namespace() : ref.namespace();
    String host = host(ref, namespace);
    String named = ref.kind() + " " + namespace + "/" + ref.name();
    if (host == null) {
      return Backend.missing(
          "InvalidKind",
          (ref.group().isEmpty() ? "core" : ref.group()) + "/" + ref.kind() + " is no backend");
    }
    MeshService service = host.isEmpty() ? null : services.apply(host);
    if (service == null) {
      return Backend.missing("BackendNotFound", "no " + named);
    }
    Integer port = ref.port();
    if (port == null || service.port(port) == null) {
      return Backend.missing("BackendNotFound", named + " has no port " + port);
    }
    boolean permitted =
        namespace.equals(owner.namespace())
            || service.visibleTo(owner.namespace())
            || granted(owner, namespace, ref.name());
    if (!permitted) {
      return Backend.missing(
          "RefNotPermitted",
          named
              + " is not exported to namespace "
              + owner.namespace()
              + ", and no ReferenceGrant there permits it");
    }
    return new Backend(host, port, "", "");
  }

  /** Null for kinds that are no backends, empty where a ServiceEntry is not there. */
  private @Nullable String host(BackendRef ref, String namespace) {
    if (ref.isService()) {
      return settings.hostOf(ref.name(), namespace);
    }
    if (ref.group().equals(ISTIO) && ref.kind().equals("Hostname")) {
      return ref.name();
    }
    if (ref.group().equals(ISTIO) && ref.kind().equals("ServiceEntry")) {
      return entries.stream()
          .filter(e -> e.source().namespace().equals(namespace))
          .filter(e -> e.source().name().equals(ref.name()))
          .flatMap(e -> e.hosts().stream())
          .findFirst()
          .orElse("");
    }
    return null;
  }

  private boolean granted(Resource owner, String namespace, String name) {
    return grants.stream()
        .filter(g -> g.source().namespace().equals(namespace))
        .anyMatch(
            g -> g.permits(owner.kind().group(), owner.kind().kind(), owner.namespace(), name));
  }
}
