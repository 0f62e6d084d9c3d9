package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Failed;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.OutlierDetection;
import io.selvage.engine.model.OutlierDetection.Enforcing;
import io.selvage.engine.model.OutlierDetection.ErrorMatch;
import io.selvage.engine.model.OutlierDetection.FailurePercentage;
import io.selvage.engine.model.OutlierDetection.SuccessRate;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Detectors by rate, ejection time, shares, error matchers; in virtual time. */
class OutlierTest {
  private static final Enforcing NEVER = new Enforcing(0, 0, 0, 0, 0, 0, 0);

  /** Detection with everything off, to be switched on one by one. */
  private static final class Detection {
    int inARow = 0;
    boolean split = false;
    Duration interval = ofSeconds(10);
    double most = 1.0;
    Enforcing enforcing = NEVER;
    SuccessRate rate = SuccessRate.DEFAULT;
    FailurePercentage percentage = FailurePercentage.DEFAULT;
    Duration jitter = Duration.ZERO;
    boolean one = false;
    @Nullable ErrorMatch errors;

    OutlierDetection build() {
      return new OutlierDetection(
          inARow,
          0,
          inARow,
          split,
          interval,
          ofSeconds(30),
          ofSeconds(300),
          most,
          0,
          enforcing,
          rate,
          percentage,
          jitter,
          one,
          errors);
    }
  }

  private static MeshTest mesh(Detection detection, int... ports) {
    return new MeshTest(
        Config.http(route())
            .cluster(
                cluster("reviews", ports)
                    .locality(new Cluster.LocalityBalancing(false, 0, 1.4))
                    .outlier(detection.build())),
        7);
  }

  /** This many requests to each; of a hundred to {@code bad} this many fail. */
  private static void load(MeshTest mesh, int each, int bad, int percent, int hosts) {
    int toBad = 0;
    for (int i = 0; i < each * hosts; i++) {
      MeshTest.Call call = mesh.get("/");
      if (call.sent.isEmpty()) {
        continue;
      }
      boolean fails = call.port() == bad && toBad++ % 100 < percent;
      call.answers(fails ? 500 : 200).end();
    }
  }

  private static Set<Integer> ejected(MeshTest mesh) {
    Set<Integer> out = new TreeSet<>();
    Objects.requireNonNull(mesh.engine.snapshot().cluster("reviews"))
        .hosts()
        .forEach(
            host -> {
              if (host.state().ejected) {
                out.add(host.endpoint().port());
              }
            });
    return out;
  }

  /** The sweep that is due is made by the next attempt. */
  private static void sweep(MeshTest mesh) {
    mesh.advance(ofSeconds(10));
    mesh.get("/").answers(200).end();
  }

  @Test
  void successRateFarBelowTheOthers() {
    Detection detection = new Detection();
    detection.enforcing = new Enforcing(0, 0, 0, 1, 0, 0, 0);
    MeshTest mesh = mesh(detection, 1, 2, 3, 4, 5, 6);
    load(mesh, 100, 3, 40, 6);
    assertThat(ejected(mesh)).as("before the sweep").isEmpty();
    sweep(mesh);
    assertThat(ejected(mesh)).containsExactly(3);
  }

  @ParameterizedTest
  @CsvSource({"4, 100", "6, 99"})
  void successRateNeedsHostsAndRequests(int hosts, int requests) {
    Detection detection = new Detection();
    detection.enforcing = new Enforcing(0, 0, 0, 1, 0, 0, 0);
    int[] ports = java.util.stream.IntStream.rangeClosed(1, hosts).toArray();
    MeshTest mesh = mesh(detection, ports);
    load(mesh, requests, 3, 90, hosts);
    sweep(mesh);
    assertThat(ejected(mesh)).isEmpty();
  }

  @Test
  void anIntervalIsJudgedByItself() {
    Detection detection = new Detection();
    detection.enforcing = new Enforcing(0, 0, 0, 1, 0, 0, 0);
    MeshTest mesh = mesh(detection, 1, 2, 3, 4, 5, 6);
    load(mesh, 60, 3, 90, 6);
    sweep(mesh);
    load(mesh, 60, 3, 90, 6);
    sweep(mesh);
    assertThat(ejected(mesh)).as("60 requests an interval are less than 100").isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"80, true", "79, false"})
  void failurePercentage(int percent, boolean out) {
    Detection detection = new Detection();
    detection.enforcing = new Enforcing(0, 0, 0, 0, 0, 1, 0);
    detection.percentage = new FailurePercentage(80, 3, 50);
    MeshTest mesh = mesh(detection, 1, 2, 3);
    load(mesh, 100, 2, percent, 3);
    sweep(mesh);
    assertThat(ejected(mesh).contains(2)).isEqualTo(out);
  }

  @Test
  void failurePercentageOfLocalOrigin() {
    Detection detection = new Detection();
    detection.split = true;
    detection.enforcing = new Enforcing(0, 0, 0, 0, 0, 0, 1);
    detection.percentage = new FailurePercentage(90, 3, 20);
    MeshTest mesh = mesh(detection, 1, 2, 3);
    for (int i = 0; i < 150; i++) {
      MeshTest.Call call = mesh.get("/");
      if (call.port() == 1) {
        call.fails(Failed.Kind.CONNECT).end();
      } else {
        call.answers(500).end();
      }
    }
    sweep(mesh);
    assertThat(ejected(mesh)).as("answers of 500 say that the host was reached").containsExactly(1);
  }

  @ParameterizedTest
  @CsvSource({"CONNECT, true", "RESET, false"})
  void inSplitModeOnlyWhatDidNotConnectIsInARow(Failed.Kind kind, boolean out) {
    Detection detection = new Detection();
    detection.split = true;
    detection.inARow = 3;
    detection.enforcing = new Enforcing(1, 1, 1, 0, 0, 0, 0);
    MeshTest mesh = mesh(detection, 1, 2);
    for (int i = 0; i < 8; i++) {
      MeshTest.Call call = mesh.get("/");
      if (call.port() == 2) {
        call.fails(kind).end();
      } else {
        call.answers(200).end();
      }
    }
    assertThat(ejected(mesh).contains(2)).isEqualTo(out);
  }

  @Test
  void enforcingIsAShareByChance() {
    Detection detection = new Detection();
    detection.inARow = 1;
    detection.enforcing = new Enforcing(0.3, 0, 0, 0, 0, 0, 0);
    int out = 0;
    for (int i = 0; i < 400; i++) {
      MeshTest mesh =
          new MeshTest(
              Config.http(route()).cluster(cluster("reviews", 1, 2).outlier(detection.build())), i);
      mesh.get("/").answers(500).end();
      out += ejected(mesh).size();
    }
    assertThat(out).isBetween(90, 150);
  }

  @Test
  void oneMayAlwaysBeEjected() {
    Detection detection = new Detection();
    detection.inARow = 1;
    detection.most = 0.1;
    detection.one = true;
    detection.enforcing = Enforcing.IN_A_ROW;
    MeshTest mesh = mesh(detection, 1, 2, 3);
    for (int i = 0; i < 6; i++) {
      mesh.get("/").answers(500).end();
    }
    assertThat(ejected(mesh)).hasSize(1);
  }

  @Test
  void jitterMakesEjectionsLongerByChance() {
    Detection detection = new Detection();
    detection.inARow = 1;
    detection.jitter = ofSeconds(100);
    detection.enforcing = Enforcing.IN_A_ROW;
    Set<Long> lengths = new TreeSet<>();
    for (int seed = 0; seed < 30; seed++) {
      MeshTest mesh =
          new MeshTest(
              Config.http(route())
                  .cluster(
                      cluster("reviews", 1, 2)
                          .locality(new Cluster.LocalityBalancing(false, 0, 1.4))
                          .outlier(detection.build())),
              seed);
      MeshTest.Call bad = mesh.get("/");
      bad.answers(500).end();
      long length = 0;
      while (ejected(mesh).contains(bad.port())) {
        sweep(mesh);
        length += 10;
      }
      lengths.add(length);
    }
    assertThat(lengths).hasSizeGreaterThan(4).allMatch(length -> length >= 30 && length <= 140);
  }

  @Test
  void ejectionTimeGrowsAndIsForgottenInPeace() {
    Detection detection = new Detection();
    detection.inARow = 1;
    detection.interval = ofSeconds(1);
    detection.enforcing = Enforcing.IN_A_ROW;
    MeshTest mesh = mesh(detection, 1, 2);
    long[] lengths = new long[4];
    for (int i = 0; i < 3; i++) {
      lengths[i] = ejectionOf(mesh, 1);
    }
    mesh.advance(ofSeconds(60));
    mesh.get("/").answers(200).end();
    lengths[3] = ejectionOf(mesh, 1);
    assertThat(lengths).containsExactly(30, 60, 90, 30);
  }

  private static long ejectionOf(MeshTest mesh, int port) {
    while (!ejected(mesh).contains(port)) {
      MeshTest.Call call = mesh.get("/");
      call.answers(call.port() == port ? 500 : 200).end();
    }
    long seconds = 0;
    while (ejected(mesh).contains(port)) {
      mesh.advance(ofSeconds(1));
      mesh.get("/").answers(200).end();
      seconds++;
    }
    return seconds;
  }

  @Test
  void errorsAreWhatTheMatcherSays() {
    Detection detection = new Detection();
    detection.inARow = 2;
    detection.enforcing = Enforcing.IN_A_ROW;
    detection.errors =
        new ErrorMatch.Any(
            List.of(
                new ErrorMatch.Headers(List.of(HeaderMatch.exact(":status", "429"))),
                new ErrorMatch.Headers(List.of(HeaderMatch.exact("x-bad", "yes")))));
    MeshTest quiet = mesh(detection, 1, 2);
    for (int i = 0; i < 10; i++) {
      quiet.get("/").answers(503).end();
    }
    assertThat(ejected(quiet)).as("503 is no error here").isEmpty();
    MeshTest mesh = mesh(detection, 1, 2);
    for (int i = 0; i < 4; i++) {
      MeshTest.Call call = mesh.get("/");
      call.answers(call.port() == 2 ? 429 : 200).end();
    }
    assertThat(ejected(mesh)).containsExactly(2);
  }

  @Test
  void ejectionOutlivesAPush() {
    Detection detection = new Detection();
    detection.inARow = 1;
    detection.enforcing = Enforcing.IN_A_ROW;
    Config config =
        Config.http(route())
            .cluster(
                cluster("reviews", 1, 2)
                    .locality(new Cluster.LocalityBalancing(false, 0, 1.4))
                    .outlier(detection.build()));
    MeshTest mesh = new MeshTest(config, 1);
    MeshTest.Call bad = mesh.get("/");
    bad.answers(500).end();
    mesh.engine.publish(config.build());
    assertThat(ejected(mesh)).containsExactly(bad.port());
    for (int i = 0; i < 20; i++) {
      assertThat(mesh.get("/").answers(200).end().port()).isNotEqualTo(bad.port());
    }
  }

  @Test
  void ejectedEndpointsCountForPanic() {
    Detection detection = new Detection();
    detection.inARow = 1;
    detection.enforcing = Enforcing.IN_A_ROW;
    MeshTest mesh =
        new MeshTest(
            Config.http(route())
                .cluster(
                    cluster("reviews", 1, 2, 3)
                        .locality(new Cluster.LocalityBalancing(false, 0.5, 1.4))
                        .outlier(detection.build())),
            1);
    mesh.get("/").answers(500).end();
    mesh.get("/").answers(500).end();
    assertThat(ejected(mesh)).hasSize(2);
    Set<Integer> used = new TreeSet<>();
    for (int i = 0; i < 30; i++) {
      used.add(mesh.get("/").answers(200).end().port());
    }
    assertThat(used).as("one of three is less than half: all are used").containsExactly(1, 2, 3);
  }
}
