package io.selvage.instrumentation.testing.server;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Ways of writing paths that some server takes for {@code /admin}, made from the rules of
 * normalisation (RFC 3986 §6.2.2, Istio's path normalisation, Servlet 6 §3.5.2).
 */
final class PathCases {
  private static final List<String> FRONTS =
      List.of(
          "/",
          "//",
          "///",
          "/./",
          "/.//",
          "//./",
          "/x/../",
          "/x/..//",
          "/x/y/../../",
          "/../",
          "/%2e/",
          "/%2E/",
          "/%2e%2e/",
          "/x/%2e%2e/",
          "/x/.%2e/",
          "/x/%2E./",
          "/%2f",
          "/%2F/",
          "/%5c",
          "/%5C",
          "/\\",
          "/x/..\\",
          "/x\\..\\",
          "/x%2f..%2f",
          "/x%5c..%5c",
          "/%252e/",
          "/x/%252e%252e/",
          "/%252f",
          "/hello/../",
          "/hello/%2e%2e/",
          "/hello/..%2f",
          "x/");
  private static final List<String> BACKS =
      List.of("", "/", "/x", "?q=1", "#f", "/.", "/x/..", "%2f", "//", "/%2e", "%23", "%3f");
  private static final List<String> NAMES =
      List.of("admin", "%61dmin", "adm%69n", "%61%64%6d%69%6e", "%2561dmin", "admi%6E");
  private static final List<String> PARTS =
      List.of(
          "/",
          "//",
          "/.",
          "/..",
          "/./",
          "/../",
          "%2e",
          "%2f",
          "%5c",
          "\\",
          ";",
          ";x=y",
          "%3b",
          "%00",
          "%25",
          "..;/",
          "%c0%ae",
          "%c0%af",
          "%20",
          "%09",
          "?",
          "#",
          "%23",
          "%3f",
          "hello",
          "admin",
          "Admin",
          "%e2%80%8b",
          "%u002f",
          "..%00/",
          "%2e%2e%2f",
          "+",
          "*",
          "~",
          ":");

  private PathCases() {}

  /** 345: fronts, names and backs. */
  static List<String> standard() {
    Set<String> all = new LinkedHashSet<>();
    FRONTS.forEach(front -> all.add(front + "admin"));
    NAMES.forEach(name -> BACKS.forEach(back -> all.add("/" + name + back)));
    for (String front : FRONTS) {
      for (int i = 0; i < BACKS.size(); i++) {
        all.add(front + NAMES.get(i % NAMES.size()) + BACKS.get(i));
      }
    }
    return new ArrayList<>(all).subList(0, 345);
  }

  /** 40: path parameters. */
  static List<String> parameters() {
    List<String> all = new ArrayList<>();
    for (String parameter :
        List.of(";", ";x", ";x=y", ";x=y;z", ";jsessionid=1", ";%2e", ";/..;", ";=")) {
      all.add("/admin" + parameter);
      all.add("/" + parameter + "/admin");
      all.add("/x" + parameter + "/../admin");
      all.add("/hello/.." + parameter + "/admin");
      all.add("/admin" + parameter + "/x" + parameter);
    }
    return all;
  }

  /** 20: longer forms of ASCII than UTF-8 allows. */
  static List<String> overlong() {
    List<String> all = new ArrayList<>();
    for (String slash : List.of("%c0%af", "%e0%80%af", "%f0%80%80%af", "%c1%9c", "%e0%81%9c")) {
      all.add("/hello/.." + slash + "admin");
      all.add("/x" + slash + ".." + slash + "admin");
    }
    for (String dot : List.of("%c0%ae", "%e0%80%ae", "%f0%80%80%ae", "%C0%AE", "%c0%2e")) {
      all.add("/hello/" + dot + dot + "/admin");
      all.add("/" + dot + "/admin");
    }
    return all;
  }

  /** NUL, backslashes, parameters after dots, case, control characters. */
  static List<String> further() {
    return List.of(
        "/admin%00",
        "/admin%00.html",
        "/%00admin",
        "/hello%00/../admin",
        "/admin/%00",
        "\\admin",
        "/\\admin",
        "/hello\\..\\admin",
        "/hello/..;/admin",
        "/hello/..;a=b/admin",
        "/..;/admin",
        "/;/..;/admin",
        "/hello/%2e%2e;/admin",
        "/hello/..%3b/admin",
        "/Admin",
        "/ADMIN",
        "/aDmIn/x",
        "/admin%20",
        "/%20admin",
        "/admin%09",
        "/admin.",
        "/admin..",
        "/.admin",
        "/admin/..;/admin",
        "http://h/admin",
        "http://h//admin",
        "http:/admin",
        "http:admin",
        "admin",
        "x/admin",
        "x//admin",
        "*/admin",
        "/admin;/../hello",
        "/hello/..//admin",
        "/hello/.//..//admin",
        "/hello//../admin",
        "/%61%64%6D%69%6E;a",
        "/admin%0a",
        "/admin%0d",
        "/hello/%2e%2e%2fadmin",
        "/hello%2f..%2fadmin",
        "/hello/..%5cadmin",
        "/hello%23/../admin",
        "/hello%3f/../admin",
        "/hello?/../admin",
        "/hello#/../admin",
        "/%ff/../admin",
        "/%/../admin",
        "/%zz/../admin",
        "/{admin}",
        "/admin|x",
        "/%e2%88%95admin");
  }

  /** Random changes of all the others. */
  static List<String> mutated(long seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    List<String> seeds = new ArrayList<>(standard());
    seeds.addAll(parameters());
    seeds.addAll(overlong());
    seeds.addAll(further());
    List<String> all = new ArrayList<>();
    while (all.size() < count) {
      StringBuilder path = new StringBuilder(seeds.get(random.nextInt(seeds.size())));
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        change(path, random);
      }
      all.add(path.toString());
    }
    return all;
  }

  private static void change(StringBuilder path, SplittableRandom random) {
    int at = random.nextInt(path.length() + 1);
    switch (random.nextInt(4)) {
      case 0, 1 -> path.insert(at, PARTS.get(random.nextInt(PARTS.size())));
      case 2 -> {
        if (at < path.length()) {
          path.replace(at, at + 1, "%%%02x".formatted((int) path.charAt(at)));
        }
      }
      default -> {
        if (at < path.length() && path.length() > 1) {
          path.deleteCharAt(at);
        }
      }
    }
  }

  /** 50 that everybody means the same by. */
  static List<String> normal() {
    List<String> all = new ArrayList<>();
    for (String end :
        List.of("", "/", "/a", "/a/b", "/a-b_c~d", "/1", "/a.b", "/a.json", "/A/B", "/admin")) {
      all.add("/hello" + end);
      all.add("/hello" + end + "?q=1");
      all.add("/hello" + end + "?q=/../admin&r=%2e%2e");
      all.add("/hello/x" + end);
      all.add("/hello" + end + "?x=http://h/admin;a=b");
    }
    return all;
  }
}
