package sample;

import java.util.Collections;

/** The application of the tests. */
public final class Hello {
  private Hello() {}

  public static void main(String[] args) throws Exception {
    if (args.length > 0 && args[0].equals("look")) {
      look();
    } else if (args.length > 1) {
      if (args[0].equals("attach-old")) {
        System.setProperty("java.specification.version", "11");
      }
      Class<?> machine = Class.forName("com.sun.tools.attach.VirtualMachine");
      Object vm =
          machine
              .getMethod("attach", String.class)
              .invoke(null, String.valueOf(ProcessHandle.current().pid()));
      machine.getMethod("loadAgent", String.class, String.class).invoke(vm, args[1], "late");
    }
    System.out.println("hello");
  }

  private static void look() throws Exception {
    ClassLoader mine = Hello.class.getClassLoader();
    for (String name :
        new String[] {
          "net.bytebuddy.ByteBuddy",
          "io.selvage.tooling.Weaving",
          "io.selvage.runtime.AgentStart",
          "com.google.protobuf.Any",
          "io.selvage.bootstrap.Premain"
        }) {
      try {
        Class.forName(name, false, mine);
        System.out.println("sees " + name);
      } catch (ClassNotFoundException e) {
        continue;
      }
    }
    System.out.println(
        "providers "
            + Collections.list(
                    mine.getResources("META-INF/services/io.grpc.ManagedChannelProvider"))
                .size());
    System.out.println(
        "context loader " + (Thread.currentThread().getContextClassLoader() == mine));
  }
}
