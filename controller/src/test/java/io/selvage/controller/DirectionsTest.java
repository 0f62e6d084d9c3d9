package io.selvage.controller;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Arrows between the controller's packages run one way; this is the whole list of them. */
class DirectionsTest {
  private static final Map<String, Set<String>> MAY_USE = new LinkedHashMap<>();

  static {
    MAY_USE.put("resource", Set.of());
    MAY_USE.put("store", Set.of("resource"));
    MAY_USE.put("ca", Set.of());
    MAY_USE.put("registry", Set.of("resource"));
    MAY_USE.put("translate", Set.of("resource", "store", "registry", "ca"));
    MAY_USE.put("analysis", Set.of("resource", "store", "registry", "translate"));
    MAY_USE.put("serve", Set.of("resource", "store", "registry", "ca", "translate"));
    MAY_USE.put("audit", Set.of());
    MAY_USE.put("access", Set.of("resource", "store"));
    MAY_USE.put("api", Set.of("resource", "store", "audit", "access"));
    MAY_USE.put("dev", Set.of("store"));
    MAY_USE.put("envoy", Set.of("ca"));
    // the command line speaks to a controller over the API; 'serve' reaches it through its front
    // door
    MAY_USE.put("cli", Set.of("analysis", "resource", "store", "envoy", "audit", "access"));
  }

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.selvage.controller");

  @Test
  void packagesUseOnlyWhatIsBelowThem() {
    MAY_USE.forEach(
        (name, allowed) -> {
          List<String> forbidden = new ArrayList<>();
          for (String other : MAY_USE.keySet()) {
            if (!other.equals(name) && !allowed.contains(other)) {
              forbidden.add(packages(other));
            }
          }
          noClasses()
              .that()
              .resideInAPackage(packages(name))
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(forbidden.toArray(new String[0]))
              .check(classes);
        });
  }

  @Test
  void everyPackageIsListed() {
    assertThat(classes)
        .extracting(c -> c.getPackageName().replaceFirst("^io\\.selvage\\.controller\\.?", ""))
        .filteredOn(p -> !p.isEmpty())
        .allSatisfy(p -> assertThat(MAY_USE).containsKey(p.split("\\.")[0]));
  }

  @Test
  void resourcesAndTheStoreKnowNoNetwork() {
    noClasses()
        .that()
        .resideInAnyPackage(packages("resource"), packages("store"), packages("translate"))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.grpc.stub..", "io.netty..", "com.sun.net.httpserver..", "java.net.http..")
        .check(classes);
  }

  private static String packages(String name) {
    return "io.selvage.controller." + name + "..";
  }
}
