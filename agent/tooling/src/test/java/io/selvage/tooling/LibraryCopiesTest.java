package io.selvage.tooling;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.commons.ClassRemapper;
import net.bytebuddy.jar.asm.commons.Remapper;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import sample.lib.Pipeline;

/**
 * The same instrumentation over the original, a relocated copy, and a library that is not what it
 * was built for.
 */
class LibraryCopiesTest {
  private static final String PIPELINE = "sample.lib.Pipeline";
  private static final String[] CLASSES = {
    PIPELINE, "sample.lib.Pipeline$Handler", "sample.lib.Pipeline$Context", "sample.lib.Secret"
  };

  @BeforeAll
  static void weave() {
    assertThat(Woven.WEAVING).isNotNull();
  }

  private static IsolatedLoader library() {
    var loader = new IsolatedLoader();
    for (String name : CLASSES) {
      loader.add(name, ClassFiles.read(Pipeline.class.getClassLoader(), name));
    }
    return loader;
  }

  @Test
  void implementsTheLibrarysInterfaceAndReachesItsPackage() throws IOException {
    IsolatedLoader loader = library();
    assertThat(loader.call(PIPELINE, "fire", "hi")).isEqualTo("hi ctx ctx hidden");
    assertThat(loader)
        .extracting(l -> inside(l).getClassLoader())
        .as("defined by the library's own loader")
        .isSameAs(loader);
  }

  private static Class<?> inside(ClassLoader loader) {
    try {
      return Class.forName("sample.lib.Inside", false, loader);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void weavesARelocatedCopyFromTheSameSource() throws IOException {
    var remapper =
        new Remapper(Opcodes.ASM9) {
          @Override
          public String map(String name) {
            return name.startsWith("sample/lib/") ? "com/shop/shaded/" + name : name;
          }
        };
    var loader = new IsolatedLoader();
    for (String name : CLASSES) {
      var writer = new ClassWriter(0);
      new ClassReader(ClassFiles.read(Pipeline.class.getClassLoader(), name))
          .accept(new ClassRemapper(writer, remapper), 0);
      loader.add("com.shop.shaded." + name, writer.toByteArray());
    }
    assertThat(loader.call("com.shop.shaded." + PIPELINE, "fire", "hi"))
        .isEqualTo("hi ctx ctx hidden");
    assertThat(Woven.status("com.shop.shaded." + PIPELINE, "PipelineAdvice").state())
        .isEqualTo(SeamStatus.State.LINKED);
  }

  @Test
  void leavesAnotherLibraryAloneAndSaysWhatItLacks() throws IOException {
    IsolatedLoader loader =
        library().change("sample.lib.Pipeline$Context", code -> without(code, "name", "label"));
    // its own code is intact, as far as it goes without handlers
    assertThat(loader.call(PIPELINE, "fire", "hi")).isEqualTo("hi");
    assertThat(Woven.MESSAGES)
        .anyMatch(
            m ->
                m.contains("SELV-2002")
                    && m.contains("the library lacks")
                    && m.contains("sample.lib.Pipeline$Context.label:Ljava/lang/String;")
                    && m.contains("sample.lib.Pipeline$Context.name()Ljava/lang/String;"));
  }

  @Test
  void anInstrumentationWhoseNeedsAreNotThereStaysIdleWithoutAWord() throws IOException {
    assertThat(library().call(PIPELINE, "fire", "hi")).isEqualTo("hi ctx ctx hidden");
    assertThat(Woven.MESSAGES).noneMatch(m -> m.contains("Instrumentation idle"));
    assertThat(Woven.WEAVING.report().snapshot())
        .filteredOn(s -> s.instrumentation().equals("idle"))
        .allMatch(s -> s.state() == SeamStatus.State.WAITING);
  }

  private static byte[] without(byte[] code, String method, String field) {
    var writer = new ClassWriter(0);
    new ClassReader(code)
        .accept(
            new ClassVisitor(Opcodes.ASM9, writer) {
              @Override
              public MethodVisitor visitMethod(
                  int access,
                  String name,
                  String descriptor,
                  String signature,
                  String[] exceptions) {
                return name.equals(method)
                    ? null
                    : super.visitMethod(access, name, descriptor, signature, exceptions);
              }

              @Override
              public net.bytebuddy.jar.asm.FieldVisitor visitField(
                  int access, String name, String descriptor, String signature, Object value) {
                return super.visitField(
                    access, name.equals(field) ? "renamed" : name, descriptor, signature, value);
              }
            },
            0);
    return writer.toByteArray();
  }
}
