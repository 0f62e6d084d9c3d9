package io.selvage.tooling;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.bytebuddy.agent.ByteBuddyAgent;

/** This JVM, woven with the declarations of the tests. */
final class Woven {
  static final List<String> MESSAGES = java.util.Collections.synchronizedList(new ArrayList<>());
  static final Weaving WEAVING = install();

  private Woven() {}

  private static Weaving install() {
    var files = new ArrayList<SeamFile>();
    for (String name : List.of("semantics", "jdk", "pipeline")) {
      String resource = "META-INF/selvage/" + name + ".seams";
      try (var in = Woven.class.getClassLoader().getResourceAsStream(resource)) {
        files.addAll(
            SeamFileParser.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), resource));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    var report = new WeaveReport();
    report.onFault(MESSAGES::add);
    return Weaving.install(ByteBuddyAgent.install(), Woven.class.getClassLoader(), files, report);
  }

  static SeamStatus status(String target, String advice) {
    return WEAVING.report().snapshot().stream()
        .filter(s -> s.target().equals(target) && s.advice().endsWith(advice))
        .findFirst()
        .orElseThrow();
  }
}
