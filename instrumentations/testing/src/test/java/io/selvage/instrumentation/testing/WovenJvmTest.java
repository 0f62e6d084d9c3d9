package io.selvage.instrumentation.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import sample.Greeter;
import sample.Wrong;

class WovenJvmTest {
  @Test
  void weavesWhatIsDeclaredAndFailsForWhatIsNotAsDeclared() {
    assertThat(WovenJvm.install()).isSameAs(WovenJvm.install());
    assertThat(new Greeter().greet()).isEqualTo("hello from selvage-sample");
    WovenJvm.assertLinked("GreetAdvice");
    assertThatCode(WovenJvm::verify).doesNotThrowAnyException();

    assertThatThrownBy(() -> WovenJvm.assertLinked("OtherAdvice"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("OtherAdvice was never linked");

    assertThat(new Wrong()).isNotNull(); // a seam is hit now that is not as declared
    assertThatThrownBy(WovenJvm::verify)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("the class has no method absent");
    assertThat(WovenJvm.faults())
        .singleElement()
        .satisfies(s -> assertThat(s.instrumentation()).isEqualTo("sample-wrong"));
  }
}
