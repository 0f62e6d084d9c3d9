package io.selvage.smoke.demo;

import static io.selvage.smoke.demo.Claim.that;

import io.selvage.smoke.BadResource;
import io.selvage.smoke.Cli;
import io.selvage.smoke.Load;
import io.selvage.smoke.Waiting;
import java.time.Duration;
import java.util.Locale;

/** What the controller refuses, and life without it. */
final class ControllerClaims {
  private ControllerClaims() {}

  static String invalidIsRefused(World world) {
    Cli.Result refused =
        world
            .mesh()
            .kubectlWith(
                """
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: wrong, namespace: default}
                spec:
                  hosts: [reviews]
                  http:
                  - timeout: -3s
                    route: [{destination: {host: reviews}}]
                """,
                "apply",
                "-f",
                "-");
    that(!refused.ok() && refused.all().contains("spec.http[0].timeout"), refused.all());
    Cli.Result unknown =
        world
            .mesh()
            .kubectlWith(
                """
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: wrong, namespace: default}
                spec: {hosts: [reviews], bogus: 1, http: [{route: [{destination: {host: reviews}}]}]}
                """,
                "apply",
                "-f",
                "-");
    that(!unknown.ok() && unknown.all().contains("unknown field \"spec.bogus\""), unknown.all());
    return refused
        .all()
        .lines()
        .filter(l -> l.contains("spec.http[0].timeout"))
        .findFirst()
        .orElse("")
        .trim();
  }

  static String badResourceAlone(World ignored) throws Exception {
    return BadResource.refusedAlone();
  }

  static String trafficGoesOn(World world) {
    world.mesh().apply(World.reviewsSplit("v2", "100"));
    Waiting.pause(Duration.ofSeconds(1));
    world.mesh().killController();
    Load.Answers answers =
        Load.run(
            world.bookinfo().url("/api/v1/products/0/reviews"), 500, 4, Claims::reviewsVersion);
    that(answers.of("v2") == 500, answers.byLabel().toString());
    return answers.byLabel().toString();
  }

  static String restartsFromSnapshot(World world) {
    long start = System.nanoTime();
    world.bookinfo().child("productpage").kill();
    world.restartWithoutController("productpage");
    double seconds = (System.nanoTime() - start) / 1e9;
    Load.Answers answers =
        Load.run(
            world.bookinfo().url("/api/v1/products/0/reviews"), 200, 4, Claims::reviewsVersion);
    that(
        answers.of("v2") == 200,
        answers.byLabel() + "\n" + world.bookinfo().child("productpage").tail());
    return String.format(
        Locale.ROOT, "up after %.1f s, same routes: %s", seconds, answers.byLabel());
  }

  static String controllerBack(World world) {
    world.mesh().restart();
    Duration took = world.awaitSynced(6, Duration.ofSeconds(10));
    String kept =
        world
            .mesh()
            .kubectl(
                "get",
                "virtualservice",
                "reviews",
                "-o",
                "jsonpath={.spec.http[0].route[0].destination.subset}")
            .orFail("get")
            .out();
    that(kept.equals("v2"), "the last acknowledged write is lost: " + kept);
    world.mesh().apply(World.reviewsSplit("v1", "100"));
    Waiting.until(
        "callers follow again",
        Duration.ofSeconds(5),
        () ->
            Claims.reviewsVersion(Load.get(world.bookinfo().url("/api/v1/products/0/reviews")))
                .equals("v1"));
    return String.format(
        Locale.ROOT, "6 agents SYNCED after %.1f s, last write kept", took.toMillis() / 1e3);
  }
}
