package io.selvage.tooling;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import net.bytebuddy.description.field.FieldDescription;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDefinition;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.pool.TypePool;

/**
 * Looks whether a library has all that an instrumentation uses of it. Thread-safe.
 *
 * <p>References come from {@code META-INF/selvage/NAME.refs}, which the build of the agent writes,
 * or are collected from the class files where there is none. Only class files are read; nothing is
 * loaded.
 */
final class ReferenceCheck {
  private final ClassLoader agent;
  private final Map<String, Set<String>> references = new ConcurrentHashMap<>();

  ReferenceCheck(ClassLoader agent) {
    this.agent = agent;
  }

  private Set<String> references(SeamFile file) {
    Set<String> known = references.get(file.name());
    if (known == null) {
      byte[] text = ClassFiles.resource(agent, file.referencesResource());
      known =
          text == null
              ? ReferenceCollector.collect(file, name -> ClassFiles.read(agent, name))
              : new TreeSet<>(Arrays.asList(new String(text, StandardCharsets.UTF_8).split("\n")));
      references.put(file.name(), known);
    }
    return known;
  }

  /** What is missing, as {@code type} or {@code type.member}; empty if all is there. */
  List<String> missing(SeamFile file, Relocation relocation, TypePool library) {
    var missing = new ArrayList<String>();
    var absent = new HashSet<String>();
    for (String reference : references(file)) {
      int blank = reference.indexOf(' ');
      if (blank < 0) {
        continue; // the one empty line of an instrumentation that uses nothing of its library
      }
      String owner = relocation.mapInternal(reference.substring(0, blank)).replace('/', '.');
      String member =
          relocation.isNone()
              ? reference.substring(blank + 1)
              : mapped(reference.substring(blank + 1), relocation);
      if (absent.contains(owner)) {
        continue;
      }
      TypePool.Resolution type = library.describe(owner);
      if (!type.isResolved()) {
        absent.add(owner);
        missing.add(owner);
      } else if (!member.isEmpty() && !has(type.resolve(), member)) {
        missing.add(owner + "." + member);
      }
    }
    return missing;
  }

  private static String mapped(String member, Relocation relocation) {
    int paren = member.indexOf('(');
    int colon = member.indexOf(':');
    if (paren >= 0) {
      return member.substring(0, paren)
          + relocation.remapper().mapMethodDesc(member.substring(paren));
    }
    return colon < 0
        ? member
        : member.substring(0, colon + 1)
            + relocation.remapper().mapDesc(member.substring(colon + 1));
  }

  private static boolean has(TypeDefinition start, String member) {
    for (TypeDefinition type = start; type != null; type = type.getSuperClass()) {
      if (declares(type, member)) {
        return true;
      }
      for (TypeDefinition implemented : type.getInterfaces()) {
        if (has(implemented, member)) {
          return true;
        }
      }
    }
    return start.isInterface() && has(TypeDescription.ForLoadedType.of(Object.class), member);
  }

  private static boolean declares(TypeDefinition type, String member) {
    int colon = member.indexOf('(') < 0 ? member.indexOf(':') : -1;
    if (colon >= 0) {
      for (FieldDescription field : type.asErasure().getDeclaredFields()) {
        if (field.getName().equals(member.substring(0, colon))
            && field.getDescriptor().equals(member.substring(colon + 1))) {
          return true;
        }
      }
      return false;
    }
    for (MethodDescription method : type.asErasure().getDeclaredMethods()) {
      if ((method.getInternalName() + method.getDescriptor()).equals(member)) {
        return true;
      }
    }
    return false;
  }
}
