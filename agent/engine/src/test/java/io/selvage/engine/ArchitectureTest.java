package io.selvage.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.Test;

/** The directions in which packages of the engine may know each other. */
class ArchitectureTest {
  private static final JavaClasses ENGINE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.selvage.engine");

  private static final String[] CONCERNS = {
    "routing", "balancing", "resilience", "security", "observing"
  };

  @Test
  void arrowsRunDownwardsOnly() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("model")
        .definedBy("..engine.model..")
        .layer("flow")
        .definedBy("..engine.flow..")
        .layer("match")
        .definedBy("..engine.match..")
        .layer("snapshot")
        .definedBy("..engine.snapshot..")
        .layer("routing")
        .definedBy("..engine.routing..")
        .layer("balancing")
        .definedBy("..engine.balancing..")
        .layer("resilience")
        .definedBy("..engine.resilience..")
        .layer("security")
        .definedBy("..engine.security..")
        .layer("observing")
        .definedBy("..engine.observing..")
        .layer("stack")
        .definedBy("..engine.stack..")
        .whereLayer("stack")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("routing")
        .mayOnlyBeAccessedByLayers("stack")
        .whereLayer("balancing")
        .mayOnlyBeAccessedByLayers("stack")
        .whereLayer("resilience")
        .mayOnlyBeAccessedByLayers("stack")
        .whereLayer("security")
        .mayOnlyBeAccessedByLayers("stack")
        .whereLayer("observing")
        .mayOnlyBeAccessedByLayers("stack")
        .whereLayer("snapshot")
        .mayOnlyBeAccessedByLayers(with("stack"))
        .whereLayer("match")
        .mayOnlyBeAccessedByLayers(with("stack", "snapshot"))
        .whereLayer("flow")
        .mayOnlyBeAccessedByLayers(with("stack", "snapshot", "match"))
        .whereLayer("model")
        .mayOnlyBeAccessedByLayers(with("stack", "snapshot", "match", "flow"))
        .check(ENGINE);
  }

  private static String[] with(String... more) {
    String[] all = java.util.Arrays.copyOf(CONCERNS, CONCERNS.length + more.length);
    System.arraycopy(more, 0, all, CONCERNS.length, more.length);
    return all;
  }

  @Test
  void packagesHaveNoCycles() {
    SlicesRuleDefinition.slices()
        .matching("io.selvage.engine.(*)..")
        .should()
        .beFreeOfCycles()
        .check(ENGINE);
  }

  @Test
  void engineKnowsNoLibraryNoThreadAndNoSocket() {
    classes()
        .that()
        .resideInAPackage("io.selvage.engine..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.selvage.engine..",
            "java.lang..",
            "java.util..",
            "java.time..",
            "java.nio.charset",
            "java.io", // exceptions as facts
            "java.net", // InetAddress for literals; sockets are excluded below
            "com.google.re2j",
            "io.github.resilience4j..",
            "org.jspecify.annotations")
        .check(ENGINE);
    noClasses()
        .that()
        .resideInAPackage("io.selvage.engine..")
        .should()
        .dependOnClassesThat()
        .haveNameMatching(
            "java\\.lang\\.Thread|java\\.net\\.(Socket|ServerSocket|URL|URI|HttpURLConnection)"
                + "|java\\.util\\.concurrent\\.(Executors|ThreadPoolExecutor|ForkJoinPool"
                + "|Semaphore|CountDownLatch)|java\\.util\\.concurrent\\.locks\\..*")
        .check(ENGINE);
  }

  @Test
  void onlyTheDefaultsReadTheJvmsClockAndChance() {
    noClasses()
        .that()
        .resideInAPackage("io.selvage.engine..")
        .and()
        .doNotHaveFullyQualifiedName("io.selvage.engine.flow.Clock")
        .and()
        .doNotHaveFullyQualifiedName("io.selvage.engine.stack.Engine$Builder")
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .check(ENGINE);
    noClasses()
        .that()
        .resideInAPackage("io.selvage.engine..")
        .and()
        .doNotHaveFullyQualifiedName("io.selvage.engine.flow.Randomness")
        .should()
        .dependOnClassesThat()
        .haveNameMatching("java\\.util\\.(Random|concurrent\\.ThreadLocalRandom|SplittableRandom)")
        .check(ENGINE);
  }

  @Test
  void resilience4jStaysInResilienceAndRe2InMatching() {
    noClasses()
        .that()
        .resideOutsideOfPackage("..engine.resilience..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.github.resilience4j..")
        .check(ENGINE);
    noClasses()
        .that()
        .resideOutsideOfPackages("..engine.match..", "..engine.snapshot..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("com.google.re2j")
        .check(ENGINE);
  }
}
