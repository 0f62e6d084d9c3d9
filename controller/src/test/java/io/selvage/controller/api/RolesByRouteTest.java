package io.selvage.controller.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.selvage.controller.access.Area;
import io.selvage.controller.access.Grant;
import io.selvage.controller.access.Role;
import io.selvage.controller.access.User;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.store.EmbeddedStore;
import io.selvage.controller.testing.TestApi;
import io.selvage.controller.testing.TestClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each role in its namespace, in another one and everywhere, against each route that exists. */
class RolesByRouteTest {
  private static final List<String> WRITES = List.of("POST", "PUT", "PATCH", "DELETE");

  /** Who may use a route for something in namespace "default"; the others get 403. */
  private enum Allowed {
    ANYBODY,
    READERS,
    TOKEN_MAKERS,
    TRUST_READERS,
    TRUST_KEEPERS
  }

  /** A new route needs a line here, or the test fails. */
  private static final Map<String, Allowed> EXPECTED = new LinkedHashMap<>();

  static {
    for (String path :
        List.of(
            "version",
            "healthz",
            "livez",
            "readyz",
            "api",
            "api/*",
            "apis",
            "apis/*",
            "apis/*/*",
            "openapi/v2",
            "openapi/v3",
            "openapi/v3/**",
            "selvage/v1/version",
            "selvage/v1/agents")) {
      EXPECTED.put("GET " + path, Allowed.ANYBODY);
    }
    for (String review :
        List.of(
            "authentication.k8s.io/v1/selfsubjectreviews",
            "authorization.k8s.io/v1/selfsubjectaccessreviews",
            "authorization.k8s.io/v1/selfsubjectrulesreviews")) {
      EXPECTED.put("POST apis/" + review, Allowed.ANYBODY);
    }
    EXPECTED.put("POST selvage/v1/tokens", Allowed.TOKEN_MAKERS);
    EXPECTED.put("POST selvage/v1/why", Allowed.READERS);
    for (String subject : List.of("revocations", "rotation", "federation", "bundle")) {
      EXPECTED.put("GET selvage/v1/identity/" + subject, Allowed.TRUST_READERS);
    }
    for (String subject : List.of("revocations", "rotation", "federation", "crl")) {
      EXPECTED.put("POST selvage/v1/identity/" + subject, Allowed.TRUST_KEEPERS);
    }
  }

  @TempDir Path folder;
  private EmbeddedStore store;
  private TestApi api;
  private TestClient client;
  private final Map<String, User> users = new LinkedHashMap<>();
  private final Map<String, String> tokens = new LinkedHashMap<>();

  @BeforeEach
  void start() throws Exception {
    store = EmbeddedStore.inMemory(20);
    api = new TestApi(folder, store);
    client = new TestClient(api);
    for (Role role : Role.values()) {
      for (Set<String> namespaces : List.of(Set.<String>of(), Set.of("default"), Set.of("shop"))) {
        Grant grant = new Grant(role, namespaces);
        User user = new User(grant.toString().replace(' ', '-'), List.of(grant));
        users.put(user.name(), user);
        tokens.put(user.name(), api.token(user.name(), grant));
      }
    }
    String last = new ArrayList<>(tokens.values()).get(tokens.size() - 1);
    await().until(() -> client.status("GET", "/version", "", last) == 200);
  }

  @AfterEach
  void stop() {
    api.close();
    store.close();
  }

  @Test
  void everyOwnRouteIsForWhomItIs() {
    Set<String> left = new LinkedHashSet<>(EXPECTED.keySet());
    for (Route route : new Routes(store, new Watches(store), api.mesh()).table()) {
      String key = route.method() + " " + route.pattern();
      if (route.pattern().startsWith("api/*/") || route.pattern().startsWith("apis/*/*/")) {
        continue; // everyKindIsForWhomItIs
      }
      assertThat(EXPECTED).as("expectation for " + key).containsKey(key);
      left.remove(key);
      users.forEach((name, user) -> judge(key, EXPECTED.get(key), user));
    }
    assertThat(left).as("routes that are gone").isEmpty();
  }

  private void judge(String key, Allowed allowed, User user) {
    String[] parts = key.split(" ");
    String path = "/" + parts[1].replace("/**", "/api/v1").replace("*/*", "networking.istio.io/v1");
    String body =
        "{\"namespace\":\"default\",\"serviceAccount\":\"a\",\"from\":\"default/a\",\"to\":\"b\"}";
    int status =
        client.status(
            parts[0],
            path.replace("api/*", "api/v1").replace("apis/*", "apis/networking.istio.io"),
            parts[0].equals("GET") ? "" : body,
            tokens.get(user.name()));
    boolean may =
        switch (allowed) {
          case ANYBODY -> true;
          case READERS -> user.may(Area.MESH, false, "default");
          case TOKEN_MAKERS -> user.may(Area.JOIN_TOKENS, true, "default");
          case TRUST_READERS -> user.may(Area.TRUST, false, "");
          case TRUST_KEEPERS -> user.may(Area.TRUST, true, "");
        };
    assertThat(status == 403).as("%s by %s: %d", key, user.name(), status).isEqualTo(!may);
    assertThat(status).as("%s by %s", key, user.name()).isNotIn(401, 405, 500);
  }

  @Test
  void everyKindIsForWhomItIs() {
    int judged = 0;
    for (Kind kind : Kinds.all()) {
      String root = kind.group().isEmpty() ? "/api/v1" : "/apis/" + kind.apiVersion();
      String at = root + (kind.namespaced() ? "/namespaces/default/" : "/") + kind.plural();
      for (User user : users.values()) {
        for (boolean everywhere : new boolean[] {false, true}) {
          judged += reads(kind, everywhere ? root + "/" + kind.plural() : at, user, everywhere);
        }
        for (String method : WRITES) {
          judged += writes(kind, method, at, user);
        }
      }
    }
    System.out.println("roles by route: " + judged + " calls judged");
    assertThat(judged).isGreaterThan(Kinds.all().size() * users.size() * 5);
  }

  private int reads(Kind kind, String path, User user, boolean everywhere) {
    Grant grant = user.grants().get(0);
    boolean inside = grant.namespaces().isEmpty() || grant.namespaces().contains("default");
    boolean wide = grant.namespaces().isEmpty();
    boolean secrets = kind.plural().equals("secrets");
    boolean role = !secrets || grant.role() == Role.ADMIN || grant.role() == Role.SECURITY;
    boolean may = role && (everywhere || !kind.namespaced() ? wide : inside);
    int status = client.status("GET", path, "", tokens.get(user.name()));
    assertThat(status).as("GET %s by %s", path, user.name()).isEqualTo(may ? 200 : 403);
    return 1;
  }

  private int writes(Kind kind, String method, String collection, User user) {
    Grant grant = user.grants().get(0);
    boolean inside = grant.namespaces().isEmpty() || grant.namespaces().contains("default");
    boolean wide = grant.namespaces().isEmpty();
    boolean security = kind.security() || kind.plural().equals("secrets");
    boolean role =
        switch (grant.role()) {
          case VIEWER -> false;
          case OPERATOR -> !security;
          case SECURITY -> security;
          case ADMIN -> true;
        };
    boolean may = role && (kind.namespaced() ? inside : wide);
    if (!kind.namespaced() && method.equals("DELETE")) {
      may = wide && grant.role() == Role.ADMIN; // with a namespace goes its security policy
    }
    String path = method.equals("POST") ? collection : collection + "/none";
    int status = client.status(method, path, "{}", tokens.get(user.name()));
    assertThat(status == 403)
        .as("%s %s by %s: %d", method, path, user.name(), status)
        .isEqualTo(!may);
    return 1;
  }
}
