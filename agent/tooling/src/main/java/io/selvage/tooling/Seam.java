package io.selvage.tooling;

/**
 * One place in a library where advice is put.
 *
 * @param target binary name of the class, as the library spells it before any relocation
 * @param method which of its methods
 * @param advice binary name of the advice class
 * @param security whether the call must be refused, instead of going on without advice, when the
 *     advice cannot run
 * @param optional whether the method may be absent (another version of the library) without that
 *     being reported as a fault
 */
public record Seam(
    String target, MethodPattern method, String advice, boolean security, boolean optional) {
  @Override
  public String toString() {
    return target + "#" + method;
  }
}
