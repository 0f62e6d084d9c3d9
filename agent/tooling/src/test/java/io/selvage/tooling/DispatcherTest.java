package io.selvage.tooling;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import net.bytebuddy.agent.ByteBuddyAgent;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.commons.ClassRemapper;
import net.bytebuddy.jar.asm.commons.SimpleRemapper;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each way into the boot loader, by itself, with a dispatcher of another name. */
class DispatcherTest {
  /**
   * Gives the dispatcher's class file under a new name, so that each way meets a boot loader
   * without it.
   */
  private static final class Renaming extends ClassLoader {
    private final String name;

    Renaming(String name) {
      this.name = name;
    }

    @Override
    public InputStream getResourceAsStream(String resource) {
      byte[] code = ClassFiles.read(DispatcherTest.class.getClassLoader(), Dispatcher.NAME);
      var writer = new ClassWriter(0);
      var remapper = new SimpleRemapper(Opcodes.ASM9, Dispatcher.NAME.replace('.', '/'), name);
      new ClassReader(code).accept(new ClassRemapper(writer, remapper), 0);
      return new ByteArrayInputStream(writer.toByteArray());
    }
  }

  @BeforeAll
  static void weave() {
    assertThat(Woven.WEAVING).as("its own dispatcher is there first").isNotNull();
  }

  @Test
  void byLookup() {
    Dispatcher dispatcher =
        Dispatcher.define(
            ByteBuddyAgent.install(),
            new Renaming("java/lang/SelvageByLookup"),
            Dispatcher.Way.LOOKUP);
    assertThat(dispatcher.linkMethod().getDeclaringClass())
        .hasToString("class java.lang.SelvageByLookup");
    assertThat(dispatcher.linkMethod().getDeclaringClass().getClassLoader()).isNull();
  }

  @Test
  void byUnsafe() {
    Dispatcher dispatcher =
        Dispatcher.define(
            ByteBuddyAgent.install(),
            new Renaming("java/lang/SelvageByUnsafe"),
            Dispatcher.Way.UNSAFE);
    assertThat(dispatcher.way()).isEqualTo(Dispatcher.Way.UNSAFE);
    assertThat(dispatcher.linkMethod().getDeclaringClass().getClassLoader()).isNull();
  }

  @Test
  void onTheBootClassPathOutsideOfJavaBase() {
    Dispatcher dispatcher =
        Dispatcher.define(
            ByteBuddyAgent.install(),
            DispatcherTest.class.getClassLoader(),
            Dispatcher.Way.BOOT_CLASS_PATH);
    assertThat(dispatcher.linkMethod().getDeclaringClass())
        .hasToString("class io.selvage.dispatch.SelvageDispatch");
    assertThat(dispatcher.linkMethod().getDeclaringClass().getClassLoader()).isNull();
  }
}
