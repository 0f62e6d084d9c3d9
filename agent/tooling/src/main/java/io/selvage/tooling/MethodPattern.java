package io.selvage.tooling;

import java.util.List;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import org.jspecify.annotations.Nullable;

/**
 * Which methods of a class a seam means: a name and, if given, the parameter types as Java source
 * spells them.
 *
 * @param name method name, or {@code <init>}
 * @param parameters source names of erased types ({@code byte[]}, {@code java.util.Map$Entry});
 *     {@code null} means any overload
 * @param open whether further parameters may follow those that are named
 */
public record MethodPattern(String name, @Nullable List<String> parameters, boolean open) {

  /**
   * Reads {@code name}, {@code name()}, {@code name(..)}, {@code name(a,b)} or {@code name(a,*)}.
   *
   * @throws IllegalArgumentException if the parentheses do not match or a type is empty
   */
  public static MethodPattern parse(String text) {
    int from = text.indexOf('(');
    if (from < 0) {
      return new MethodPattern(named(text), null, true);
    }
    if (!text.endsWith(")")) {
      throw new IllegalArgumentException("parameter list of '" + text + "' is not closed");
    }
    String name = named(text.substring(0, from));
    String list = text.substring(from + 1, text.length() - 1).replace(" ", "");
    if (list.equals("..") || list.equals("*")) {
      return new MethodPattern(name, null, true);
    }
    boolean open = list.endsWith(",*");
    String fixed = open ? list.substring(0, list.length() - 2) : list;
    List<String> parameters = fixed.isEmpty() ? List.of() : List.of(fixed.split(",", -1));
    if (parameters.contains("") || parameters.contains("*")) {
      throw new IllegalArgumentException(
          "'" + text + "' has an empty parameter type, or '*' that is not the last");
    }
    return new MethodPattern(name, parameters, open);
  }

  private static String named(String name) {
    if (name.isEmpty() || name.equals("<clinit>")) {
      throw new IllegalArgumentException("'" + name + "' is not a method that can be woven");
    }
    return name;
  }

  /**
   * Whether the method has a body and is one that is meant; {@code relocation} says how the
   * library's type names read here.
   */
  boolean matches(MethodDescription method, Relocation relocation) {
    if (method.isAbstract() || method.isNative() || !method.getInternalName().equals(name)) {
      return false;
    }
    if (parameters == null) {
      return true;
    }
    var types = method.getParameters().asTypeList().asErasures();
    if (types.size() < parameters.size() || types.size() > parameters.size() && !open) {
      return false;
    }
    for (int i = 0; i < parameters.size(); i++) {
      if (!sourceName(types.get(i)).equals(relocation.mapDotted(parameters.get(i)))) {
        return false;
      }
    }
    return true;
  }

  private static String sourceName(TypeDescription type) {
    TypeDescription component = type.getComponentType();
    return component == null ? type.getName() : sourceName(component) + "[]";
  }

  @Override
  public String toString() {
    return parameters == null
        ? name
        : name + "(" + String.join(",", parameters) + (open ? ",*)" : ")");
  }
}
