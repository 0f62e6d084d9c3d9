package sample.start;

import io.selvage.tooling.SeamStatus;
import io.selvage.tooling.Weaving;
import java.io.File;
import java.lang.instrument.Instrumentation;

/** Stands in for the agent's start: weaves, and tells at the end what became of it. */
public final class WeavingStart {
  private WeavingStart() {}

  public static void start(String args, Instrumentation inst, File jar) {
    ClassLoader agent = WeavingStart.class.getClassLoader();
    Weaving weaving = Weaving.install(inst, agent, Weaving.shipped(agent));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> tell(weaving)));
  }

  private static void tell(Weaving weaving) {
    System.out.println("holes " + weaving.selfCheck());
    System.out.println("dispatcher " + weaving.dispatcherWay());
    for (SeamStatus status : weaving.report().snapshot()) {
      System.out.println(
          "seam "
              + status.target()
              + " "
              + status.state()
              + (status.reason() == null ? "" : " " + status.reason()));
    }
  }
}
