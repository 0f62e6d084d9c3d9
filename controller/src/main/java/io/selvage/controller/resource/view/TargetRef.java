package io.selvage.controller.resource.view;

/**
 * An object that a policy is attached to, in the policy's namespace (Gateway API GEP-713).
 *
 * @param section name of a port; empty = all
 */
public record TargetRef(String group, String kind, String name, String section) {
  static TargetRef parse(Fields f) {
    return new TargetRef(f.text("group"), f.text("kind"), f.text("name"), f.text("sectionName"));
  }

  /** Whether it names a Service rather than a ServiceEntry. */
  public boolean isService() {
    return kind.equals("Service");
  }
}
