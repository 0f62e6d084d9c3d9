package io.selvage.controller.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.store.PrivateFiles;
import io.selvage.controller.store.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiTokensTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("tokens.json");
  }

  private ApiTokens load() {
    return ApiTokens.load(file(), Clock.systemUTC());
  }

  private static User everywhere(String name, Role role) {
    return new User(name, List.of(Grant.everywhere(role)));
  }

  /** Every area, every role: what may be written, and that only secrets are hidden. */
  @ParameterizedTest
  @CsvSource({
    "CONFIGURATION,   OPERATOR ADMIN",
    "SECURITY_POLICY, SECURITY ADMIN",
    "SECRETS,         SECURITY ADMIN",
    "JOIN_TOKENS,     OPERATOR SECURITY ADMIN",
    "TRUST,           SECURITY ADMIN",
    "MESH,            ADMIN",
  })
  void rolesByArea(Area area, String writers) {
    for (Role role : Role.values()) {
      boolean writes = List.of(writers.split(" ")).contains(role.name());
      User user = everywhere("u", role);
      assertThat(user.may(area, true, "shop")).as("%s writes %s", role, area).isEqualTo(writes);
      assertThat(user.may(area, false, "shop")).isEqualTo(area != Area.SECRETS || writes);
    }
  }

  @Test
  void everyKindHasItsArea() {
    for (Kind kind : Kinds.all()) {
      Area expected =
          kind.security()
              ? Area.SECURITY_POLICY
              : kind.plural().equals("secrets") ? Area.SECRETS : Area.CONFIGURATION;
      assertThat(Area.of(kind, "shop")).as(kind.kind()).isEqualTo(expected);
    }
    assertThat(Area.of(Kinds.CONFIG_MAP, "istio-system")).isEqualTo(Area.SECURITY_POLICY);
  }

  @Test
  void aGrantHoldsInItsNamespacesAlone() {
    User user =
        new User(
            "u",
            List.of(
                new Grant(Role.OPERATOR, Set.of("shop")), new Grant(Role.VIEWER, Set.of("bank"))));
    assertThat(user.may(Area.CONFIGURATION, true, "shop")).isTrue();
    assertThat(user.may(Area.CONFIGURATION, true, "bank")).isFalse();
    assertThat(user.may(Area.CONFIGURATION, false, "bank")).isTrue();
    assertThat(user.may(Area.CONFIGURATION, false, "other")).isFalse();
    assertThat(user.may(Area.CONFIGURATION, false, "")).as("all of them").isFalse();
  }

  @Test
  void aTokenEndsWithItsTimeAndWithItsEntry() throws IOException {
    Instant soon = Instant.parse("2030-01-01T00:00:00Z");
    Grant grant = new Grant(Role.OPERATOR, Set.of("shop"));
    String token = ApiTokens.issue(file(), "dan", grant, soon);
    ApiTokens before = ApiTokens.load(file(), Clock.fixed(soon.minusSeconds(1), ZoneOffset.UTC));
    ApiTokens after = ApiTokens.load(file(), Clock.fixed(soon, ZoneOffset.UTC));
    assertThat(before.authenticate(token)).contains(new User("dan", List.of(grant)));
    assertThat(after.authenticate(token)).isEmpty();

    ApiTokens kept = load();
    PrivateFiles.write(file(), "[".getBytes(StandardCharsets.UTF_8));
    assertThat(kept.authenticate(token)).as("the last good one stays").isPresent();
    PrivateFiles.write(file(), "[]".getBytes(StandardCharsets.UTF_8));
    Awaitility.await().untilAsserted(() -> assertThat(kept.authenticate(token)).isEmpty());
  }

  @Test
  void tokensAreRandomAndOnlyTheirHashesAreKept() throws IOException {
    String admin = ApiTokens.issue(file(), "root", Grant.everywhere(Role.ADMIN), null);
    String viewer = ApiTokens.issue(file(), "eye", Grant.everywhere(Role.VIEWER), null);
    assertThat(Files.readString(file())).doesNotContain(admin).doesNotContain(viewer);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    ApiTokens access = load();
    assertThat(access.byHeader("Bearer " + admin)).contains(everywhere("root", Role.ADMIN));
    assertThat(access.byHeader("bearer " + viewer)).contains(everywhere("eye", Role.VIEWER));
    assertThat(access.byHeader("Bearer " + admin + "x")).isEmpty();
    assertThat(access.byHeader(admin)).isEmpty();
    assertThat(access.byHeader("")).isEmpty();
    Set<String> many = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      many.add(ApiTokens.newToken());
    }
    assertThat(many).hasSize(100).allMatch(t -> t.length() >= 43);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[{}]",
        "[{\"name\":\"a\",\"role\":\"king\",\"sha256\":\"AAAA\"}]",
        "[{\"name\":\"a\",\"role\":\"admin\",\"sha256\":\"AAAA\"}]",
        "[{\"name\":\"a\",\"role\":\"admin\",\"sha256\":\"***\"}]",
        "[{\"name\":\"a\",\"role\":\"admin\",\"namespace\":[\"x\"],\"sha256\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]",
        "[{\"name\":\"a\",\"role\":\"admin\",\"namespaces\":[],\"sha256\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]",
        "[{\"name\":\"a\",\"role\":\"admin\",\"expires\":\"tomorrow\",\"sha256\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]"
      })
  void aMalformedFileIsRefusedWithItsCode(String content) throws IOException {
    Files.writeString(file(), content);
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-------"));
    refused();
  }

  @Test
  void aFileOpenToOthersOrAbsentIsRefused() throws IOException {
    refused();
    ApiTokens.issue(file(), "root", Grant.everywhere(Role.ADMIN), null);
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-r-----"));
    refused();
  }

  private void refused() {
    assertThatThrownBy(() -> load())
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.code()).isEqualTo("SELV-7020"))
        .hasMessageContaining("Fix:");
  }
}
