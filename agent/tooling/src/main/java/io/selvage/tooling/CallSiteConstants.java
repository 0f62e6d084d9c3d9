package io.selvage.tooling;

import java.util.List;
import net.bytebuddy.utility.JavaConstant;

/**
 * What the weaver writes into each call site and the linker reads back: constants only, so the
 * woven class depends on nothing.
 *
 * @param instrumentation name of the instrumentation
 * @param prefix where a relocated library put itself, or empty
 * @param advice binary name of the advice class
 * @param target internal name of the woven class, as the report knows it
 * @param mark {@code refuse} for a security seam, else empty
 * @param thrown what the woven method may throw: {@code io}, {@code sql} or empty
 */
record CallSiteConstants(
    String instrumentation,
    String prefix,
    String advice,
    String target,
    String mark,
    String thrown) {
  private static final String REFUSE = "refuse";

  static CallSiteConstants of(SeamIndex.Hit hit, Seam seam, String thrown) {
    return new CallSiteConstants(
        hit.file().name(),
        hit.relocation().prefix(),
        seam.advice(),
        hit.target().replace('/', '.'),
        seam.security() ? REFUSE : "",
        thrown);
  }

  static CallSiteConstants read(Object[] args) {
    return new CallSiteConstants(
        (String) args[0],
        (String) args[1],
        (String) args[2],
        (String) args[3],
        (String) args[4],
        (String) args[5]);
  }

  List<JavaConstant> constants() {
    return List.of(
        JavaConstant.Simple.ofLoaded(instrumentation),
        JavaConstant.Simple.ofLoaded(prefix),
        JavaConstant.Simple.ofLoaded(advice),
        JavaConstant.Simple.ofLoaded(target),
        JavaConstant.Simple.ofLoaded(mark),
        JavaConstant.Simple.ofLoaded(thrown));
  }

  boolean security() {
    return mark.equals(REFUSE);
  }
}
