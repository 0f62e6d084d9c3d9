package io.selvage.controller.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.controller.api.Access.Role;
import io.selvage.controller.api.Access.User;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.store.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessTest {
  @TempDir Path folder;

  private Path file() {
    return folder.resolve("tokens.json");
  }

  @Test
  void rolesByVerbAndKind() {
    for (Kind kind : Kinds.all()) {
      for (String verb : List.of("get", "list", "watch")) {
        for (Role role : Role.values()) {
          assertThat(new User("u", role).may(verb, kind.group())).isTrue();
        }
      }
      for (String verb : List.of("create", "update", "patch", "delete", "anything")) {
        assertThat(new User("u", Role.VIEWER).may(verb, kind.group())).isFalse();
        assertThat(new User("u", Role.OPERATOR).may(verb, kind.group()))
            .isEqualTo(!kind.security());
        assertThat(new User("u", Role.ADMIN).may(verb, kind.group())).isTrue();
      }
    }
  }

  @Test
  void tokensAreRandomAndOnlyTheirHashesAreKept() throws IOException {
    String admin = Access.issue(file(), "root", Role.ADMIN);
    String viewer = Access.issue(file(), "eye", Role.VIEWER);
    assertThat(Files.readString(file())).doesNotContain(admin).doesNotContain(viewer);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
    Access access = Access.load(file());
    assertThat(access.authenticate("Bearer " + admin)).contains(new User("root", Role.ADMIN));
    assertThat(access.authenticate("bearer " + viewer)).contains(new User("eye", Role.VIEWER));
    assertThat(access.authenticate("Bearer " + admin + "x")).isEmpty();
    assertThat(access.authenticate(admin)).isEmpty();
    assertThat(access.authenticate("")).isEmpty();
    Set<String> many = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      many.add(Access.newToken());
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
        "[{\"name\":\"a\",\"role\":\"admin\",\"sha256\":\"***\"}]"
      })
  void aMalformedFileIsRefusedWithItsCode(String content) throws IOException {
    Files.writeString(file(), content);
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-------"));
    refused();
  }

  @Test
  void aFileOpenToOthersOrAbsentIsRefused() throws IOException {
    refused();
    Access.issue(file(), "root", Role.ADMIN);
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-r-----"));
    refused();
  }

  private void refused() {
    assertThatThrownBy(() -> Access.load(file()))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.code()).isEqualTo("SELV-7020"))
        .hasMessageContaining("Fix:");
  }
}
