package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.util.ArrayList;
import java.util.List;

/** {@code gateway.networking.k8s.io} ReferenceGrant: who may refer to objects of its namespace. */
public record ReferenceGrant(Resource source, List<From> from, List<To> to) {

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<ReferenceGrant> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    ReferenceGrant value =
        new ReferenceGrant(resource, f.list("from", From::parse), f.list("to", To::parse));
    return Checked.of(value, violations);
  }

  /** Whether objects of {@code kind} in {@code namespace} may refer to the Service {@code name}. */
  public boolean permits(String group, String kind, String namespace, String name) {
    return from.contains(new From(group, kind, namespace))
        && to.stream().anyMatch(t -> t.covers(name));
  }

  /** Objects of one kind in one namespace. */
  public record From(String group, String kind, String namespace) {
    static From parse(Fields f) {
      return new From(f.text("group"), f.text("kind"), f.text("namespace"));
    }
  }

  /** Objects of one kind; an empty name means all. */
  public record To(String group, String kind, String name) {
    static To parse(Fields f) {
      return new To(f.text("group"), f.text("kind"), f.text("name"));
    }

    private boolean covers(String service) {
      return group.isEmpty() && kind.equals("Service") && (name.isEmpty() || name.equals(service));
    }
  }
}
