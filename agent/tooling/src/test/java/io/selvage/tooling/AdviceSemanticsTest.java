package io.selvage.tooling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import sample.app.Semantics;

/** Each row of what linked advice can do, and what becomes of what it cannot. */
class AdviceSemanticsTest {
  private static final String TARGET = "sample.app.Semantics";

  @BeforeAll
  static void weave() {
    assertThat(Woven.WEAVING).isNotNull();
  }

  @Test
  void readsThisArgumentsOriginFieldReturnThrownAndCarriesAPrivateType() {
    assertThat(new Semantics("x").everything("a", 7))
        .isEqualTo("a7|everything|7|2|entered with x, left with x|x|null");
  }

  @Test
  void replacesAnArgument() {
    assertThat(new Semantics().argument("bob")).isEqualTo("hello BOB");
  }

  @Test
  void keepsJdkTypesSoThatTheyCanBeAssigned() {
    assertThat(new Semantics().address(InetSocketAddress.createUnresolved("a", 80)))
        .isEqualTo(InetSocketAddress.createUnresolved("woven", 80));
  }

  @Test
  void replacesLibraryTypesByDynamicTyping() {
    assertThat(new Semantics().dynamic(new Semantics.Thing("t"))).isEqualTo("t+!");
  }

  @Test
  void passesGenericsAndArrays() {
    Map<String, Integer> map =
        new Semantics().generic(Map.of("a", 1), new String[] {"n"}, new Semantics.Thing[3]);
    assertThat(map).containsOnly(Map.entry("a", 1), Map.entry("n", 3));
  }

  @Test
  void writesAField() {
    var semantics = new Semantics();
    semantics.field = "f";
    assertThat(semantics.fieldReader()).isEqualTo("f+");
  }

  @Test
  void throwsOnPurposeWhatItReturns() throws IOException {
    assertThatThrownBy(() -> new Semantics("refuse").refusable())
        .isInstanceOf(IOException.class)
        .hasMessage("the mesh says no");
    assertThat(new Semantics("ok").refusable()).isEqualTo("went on");
    assertThatThrownBy(() -> new Semantics("keep").thrown()).hasMessage("from the method");
    new Semantics("swallow").thrown();
  }

  @Test
  void skipsTheMethod() {
    assertThat(new Semantics().skippable("skip")).isEqualTo("skipped");
    assertThat(new Semantics().skippable("run")).isEqualTo("ran run");
  }

  @Test
  void givesSeveralResultsAtOnce() {
    assertThat(new Semantics().several("a", 2)).isEqualTo("<a><a>kept");
    assertThat(new Semantics().several("a", 0)).isEqualTo("nonekept");
  }

  @Test
  void weavesConstructors() {
    assertThat(new Semantics("c").field).isEqualTo("entered with c, left with c");
  }

  @Test
  void choosesTheOverloadThatIsMeant() {
    assertThat(new Semantics().overloaded("a")).isEqualTo("one");
    assertThat(new Semantics().overloaded("a", 1)).isEqualTo("two woven");
  }

  @Test
  void linksEvenAdviceThatAsksToBeInlined() {
    assertThat(Semantics.fixed("called")).isEqualTo("called by selvage-semantics");
  }

  @Test
  void adviceThatThrowsIsCountedReportedOnceAndSwitchedOff() {
    var semantics = new Semantics();
    for (int i = 0; i < Hook.TOLERATED + 5; i++) {
      assertThat(semantics.faulty()).isEqualTo("own behaviour");
    }
    assertThat(Woven.MESSAGES)
        .filteredOn(
            m ->
                m.contains("SELV-2005")
                    && m.contains("a fault of ours")
                    && !m.contains("a security seam"))
        .hasSizeBetween(1, 2);
    assertThat(Woven.MESSAGES).anyMatch(m -> m.contains("it is switched off now"));
  }

  @Test
  void securityAdviceThatThrowsRefusesTheCall() {
    assertThatThrownBy(() -> new Semantics().secureFaulty())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("SELV-2004")
        .hasRootCauseMessage("a fault of ours");
  }

  @Test
  void aLinkThatFailsLeavesTheMethodAloneAndIsReported() {
    assertThat(new Semantics().unlinkable()).isEqualTo("own behaviour");
    SeamStatus status = Woven.status(TARGET, "$Unlinkable");
    assertThat(status.state()).isEqualTo(SeamStatus.State.FAILED);
    assertThat(status.reason()).contains("cannot be linked");
  }

  @Test
  void aSecurityLinkThatFailsRefusesTheCall() {
    assertThatThrownBy(() -> new Semantics().secureUnlinkable())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("SELV-2004");
  }

  @Test
  void adviceThatCannotBeBuiltIsReportedAndLeavesTheOthersIn() {
    var semantics = new Semantics();
    assertThat(semantics.local()).isEqualTo("own behaviour");
    assertThat(semantics.beside()).isEqualTo("own woven");
    assertThat(Woven.status(TARGET, "$Local").reason()).contains("Advice$Local is not allowed");
  }

  @Test
  void anAdviceThatDoesNotFitItsMethodIsReportedAndLeavesTheOthersIn() {
    assertThat(new Semantics().unfit("only")).isEqualTo("only");
    assertThat(Woven.MESSAGES)
        .anyMatch(
            m ->
                m.contains("SELV-2003")
                    && m.contains("the advice cannot be placed")
                    && m.contains("unfit"));
  }

  @Test
  void twoPatternsThatMeanOneMethodPlaceTheAdviceOnce() {
    assertThat(new Semantics().twice("a", 1)).isEqualTo("a woven");
  }

  @Test
  void aMethodThatIsNotThereIsReportedUnlessItIsOptional() {
    new Semantics();
    assertThat(Woven.MESSAGES)
        .anyMatch(m -> m.contains("SELV-2002") && m.contains("has no method absent"));
    assertThat(Woven.MESSAGES).noneMatch(m -> m.contains("absentToo"));
  }
}
