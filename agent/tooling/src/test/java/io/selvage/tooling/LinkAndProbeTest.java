package io.selvage.tooling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.instrument.ClassFileTransformer;
import java.security.ProtectionDomain;
import java.time.Duration;
import net.bytebuddy.agent.ByteBuddyAgent;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import sample.app.Guarded;

/** A link that needs itself, and a seam that another agent takes out again. */
class LinkAndProbeTest {
  @BeforeAll
  static void weave() {
    assertThat(Woven.WEAVING).isNotNull();
  }

  @Test
  void aNestedLinkIsRepairedByTheOuterOne() {
    assertThat(Guarded.nested()).as("the call that linked").isIn("own", "own, while linking own");
    assertThat(Guarded.nested()).isEqualTo("own, while linking own");
    assertThat(Woven.status("sample.app.Guarded", "$Nested").state())
        .isEqualTo(SeamStatus.State.LINKED);
  }

  @Test
  void theSelfCheckFindsASeamThatAnotherAgentTookOut() throws Exception {
    assertThat(Guarded.guarded()).isEqualTo("guarded");
    assertThat(Woven.WEAVING.selfCheck()).isEmpty();
    var instrumentation = ByteBuddyAgent.install();
    ClassFileTransformer other = new Undo();
    instrumentation.addTransformer(other, true);
    try {
      instrumentation.retransformClasses(Guarded.class);
      assertThat(Guarded.guarded()).isEqualTo("unguarded");
      assertThat(Woven.WEAVING.selfCheck()).containsExactly("sample.app.Guarded#guarded()");
      assertThat(Woven.MESSAGES)
          .anyMatch(
              m ->
                  m.contains("SELV-2003")
                      && m.contains("sample.app.Guarded")
                      && m.contains("another agent may have replaced it"));
    } finally {
      instrumentation.removeTransformer(other);
      instrumentation.retransformClasses(Guarded.class);
    }
    assertThat(Guarded.guarded()).isEqualTo("guarded");
    assertThat(Woven.WEAVING.selfCheck()).isEmpty();
    assertThat(Woven.status("sample.app.Guarded", "GuardAdvice").state())
        .isEqualTo(SeamStatus.State.LINKED);
  }

  /** Gives the class its original bytes, whatever was done before. */
  private static final class Undo implements ClassFileTransformer {
    @Override
    public byte[] transform(
        ClassLoader loader, String name, Class<?> type, ProtectionDomain domain, byte[] code) {
      return type == Guarded.class ? IsolatedLoader.classFile(Guarded.class) : null;
    }
  }

  @Test
  void theSelfCheckRunsLaterByItself() throws Exception {
    assertThat(Guarded.guarded()).isNotEmpty();
    var instrumentation = ByteBuddyAgent.install();
    ClassFileTransformer other = new Undo();
    instrumentation.addTransformer(other, true);
    try {
      instrumentation.retransformClasses(Guarded.class);
      Woven.WEAVING.selfCheckAfter(Duration.ZERO);
      await()
          .untilAsserted(
              () ->
                  assertThat(Woven.status("sample.app.Guarded", "GuardAdvice").state())
                      .isEqualTo(SeamStatus.State.FAILED));
    } finally {
      instrumentation.removeTransformer(other);
      instrumentation.retransformClasses(Guarded.class);
    }
    assertThat(Woven.WEAVING.selfCheck()).isEmpty();
  }

  @Test
  void theDispatcherCameByItsLookup() throws IOException {
    assertThat(Woven.WEAVING.dispatcherWay()).isEqualTo("lookup");
  }
}
