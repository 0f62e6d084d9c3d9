package io.selvage.tooling;

import java.util.List;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.commons.ClassRemapper;
import net.bytebuddy.jar.asm.commons.Remapper;

/**
 * How a relocated copy of a library spells the library's names: with a prefix in front. Immutable.
 *
 * <p>Class names that stand in strings are not mapped; an instrumentation that may be relocated
 * keeps none.
 *
 * @param prefix what stands in front, with slashes and a slash at its end ({@code
 *     io/grpc/netty/shaded/}); empty for the original
 * @param relocatable dotted prefixes that the copy moved
 */
record Relocation(String prefix, List<String> relocatable) {
  static final Relocation NONE = new Relocation("", List.of());

  boolean isNone() {
    return prefix.isEmpty();
  }

  String mapDotted(String name) {
    if (!isNone()) {
      for (String moved : relocatable) {
        if (name.startsWith(moved)) {
          return prefix.replace('/', '.') + name;
        }
      }
    }
    return name;
  }

  String mapInternal(String name) {
    if (!isNone()) {
      for (String moved : relocatable) {
        if (name.startsWith(moved.replace('.', '/'))) {
          return prefix + name;
        }
      }
    }
    return name;
  }

  /** A class file whose references to the library read as those of the copy. */
  byte[] map(byte[] code) {
    if (isNone()) {
      return code;
    }
    var writer = new ClassWriter(0);
    new ClassReader(code).accept(new ClassRemapper(writer, remapper()), 0);
    return writer.toByteArray();
  }

  Remapper remapper() {
    return new PrefixRemapper(this);
  }

  private static final class PrefixRemapper extends Remapper {
    private final Relocation relocation;

    PrefixRemapper(Relocation relocation) {
      super(Opcodes.ASM9);
      this.relocation = relocation;
    }

    @Override
    public String map(String internalName) {
      return relocation.mapInternal(internalName);
    }
  }
}
