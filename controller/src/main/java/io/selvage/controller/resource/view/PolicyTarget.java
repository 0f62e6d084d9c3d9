package io.selvage.controller.resource.view;

/**
 * What a policy is about: an object of its own namespace.
 *
 * @param sectionName name of a port; empty means all
 */
public record PolicyTarget(String group, String kind, String name, String sectionName) {
  static PolicyTarget parse(Fields f) {
    return new PolicyTarget(f.text("group"), f.text("kind"), f.text("name"), f.text("sectionName"));
  }

  /** Whether it is a Service, the only kind that policies apply to here. */
  public boolean isService() {
    return group.isEmpty() && kind.equals("Service");
  }
}
