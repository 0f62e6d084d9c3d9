package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.cluster;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.Int64Range;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Retries that an answer's headers decide about: whether there is one, and when. */
@ExtendWith(Differential.class)
class RetryAnswersIT {
  private static final String AGAIN = "x-again";

  private static HeaderMatcher.Builder again() {
    return HeaderMatcher.newBuilder().setName(AGAIN);
  }

  private static HeaderMatcher.Builder text(StringMatcher.Builder text) {
    return again().setStringMatch(text);
  }

  private static List<HeaderMatcher.Builder> matchers() {
    StringMatcher.Builder yes = StringMatcher.newBuilder().setExact("yes");
    return List.of(
        again(),
        again().setPresentMatch(true),
        again().setPresentMatch(false),
        again().setInvertMatch(true),
        text(yes.clone()),
        text(yes.clone()).setInvertMatch(true),
        text(yes.clone().setIgnoreCase(true)),
        text(StringMatcher.newBuilder().setPrefix("ye")),
        text(StringMatcher.newBuilder().setSuffix("s")),
        text(StringMatcher.newBuilder().setContains("e")),
        text(
            StringMatcher.newBuilder()
                .setSafeRegex(RegexMatcher.newBuilder().setRegex("y.s|[0-9]"))),
        text(StringMatcher.newBuilder().setExact("")).setTreatMissingHeaderAsEmpty(true),
        text(yes.clone()).setTreatMissingHeaderAsEmpty(true).setInvertMatch(true),
        again().setRangeMatch(Int64Range.newBuilder().setStart(-1).setEnd(6)),
        again().setRangeMatch(Int64Range.newBuilder().setStart(-1).setEnd(6)).setInvertMatch(true));
  }

  private static final List<List<String>> LINES =
      List.of(
          List.of(),
          List.of("yes"),
          List.of("YES"),
          List.of("no"),
          List.of(""),
          List.of("5"),
          List.of("6"),
          List.of("yesterday"),
          List.of("no", "yes"),
          List.of("yes", "no"),
          List.of("no", "no"),
          List.of("no,yes"),
          List.of("5", "9"));

  private static RetryPolicy.Builder policy(String on) {
    return RetryPolicy.newBuilder()
        .setRetryOn(on)
        .setNumRetries(UInt32Value.of(1))
        .setRetryBackOff(
            RetryPolicy.RetryBackOff.newBuilder()
                .setBaseInterval(Duration.newBuilder().setNanos(1_000_000)));
  }

  private static Route.Builder route(String prefix, RetryPolicy.Builder policy) {
    return Route.newBuilder()
        .setMatch(RouteMatch.newBuilder().setPrefix(prefix))
        .setRoute(Configs.to("one").setRetryPolicy(policy));
  }

  @Test
  void headersOfTheAnswerLineByLine() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("retriable headers", 1)) {
      String address = envoy.address(0);
      List<HeaderMatcher.Builder> matchers = matchers();
      Route.Builder[] routes = new Route.Builder[matchers.size()];
      List<Call> calls = new ArrayList<>();
      for (int m = 0; m < routes.length; m++) {
        routes[m] =
            route("/" + m + "/", policy("retriable-headers").addRetriableHeaders(matchers.get(m)));
        for (int lines = 0; lines < LINES.size(); lines++) {
          calls.add(Call.get(at(address), "a.example", "/" + m + "/" + lines));
        }
      }
      Resources resources =
          Configs.resources(
              Configs.listener(envoy, address, Configs.routes(routes)),
              cluster("one", envoy.upstream().open(envoy.address(1))));
      assertThat(envoy.publish(resources)).isEmpty();
      Script script = RetryAnswersIT::lines;
      envoy.upstream().script(script);
      EngineSide engine = EngineSide.of(resources, 1).script(script);
      Map<String, Decision> decided = envoy.decide(calls);
      for (Call call : calls) {
        int m = Integer.parseInt(call.path().split("/")[1]);
        int lines = Integer.parseInt(call.path().split("/")[2]);
        scenario.compare(
            matchers.get(m) + "on " + LINES.get(lines),
            call,
            decided.get(call.id()),
            engine.decide(call));
      }
    }
  }

  private static Answer lines(Received request, int nth) {
    if (nth > 0) {
      return Answer.of(418);
    }
    List<String> headers = new ArrayList<>();
    for (String line : LINES.get(Integer.parseInt(request.path().split("/")[2]))) {
      headers.addAll(List.of(AGAIN, line));
    }
    return Answer.of(200, headers.toArray(new String[0]));
  }

  private static RetryPolicy.ResetHeader.Builder reset(
      String name, RetryPolicy.ResetHeaderFormat format) {
    return RetryPolicy.ResetHeader.newBuilder().setName(name).setFormat(format);
  }

  /** Headers of an answer; {@code @n} is the moment n seconds from now. */
  private static final List<List<String>> ASKED =
      List.of(
          List.of(),
          List.of("retry-after", "1"),
          List.of("retry-after", "0"),
          List.of("retry-after", "4"),
          List.of("retry-after", "soon"),
          List.of("retry-after", "-1"),
          List.of("retry-after", "1.5"),
          List.of("retry-after", " 1 "),
          List.of("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"),
          List.of("x-ratelimit-reset", "@2"),
          List.of("x-ratelimit-reset", "@-5"),
          List.of("x-ratelimit-reset", "@60"),
          List.of("retry-after", "9", "x-ratelimit-reset", "@2"),
          List.of("retry-after", "1", "x-ratelimit-reset", "@60"));

  /** Moments at which requests of a call were received, in nanoseconds. */
  private record Timed(Map<String, List<Long>> at, LongSupplier clock, long epochSeconds)
      implements Script {
    @Override
    public Answer answer(Received request, int nth) {
      List<Long> moments = at.computeIfAbsent(request.id(), id -> new ArrayList<>());
      synchronized (moments) {
        moments.add(clock.getAsLong());
      }
      if (nth > 0) {
        return Answer.of(200);
      }
      int asked = Integer.parseInt(request.path().substring(request.path().lastIndexOf('/') + 1));
      List<String> headers = new ArrayList<>();
      for (String part : ASKED.get(asked)) {
        headers.add(
            part.startsWith("@")
                ? "" + (epochSeconds + Integer.parseInt(part.substring(1)))
                : part);
      }
      return Answer.of(503, headers.toArray(new String[0]));
    }

    /** Asked waits are a second and more, others a few milliseconds. */
    String wait(Call call) {
      List<Long> moments = at.get(call.id());
      if (moments.size() < 2) {
        return "no retry";
      }
      return moments.get(1) - moments.get(0) > 700_000_000L ? "as asked" : "as ever";
    }
  }

  @Test
  void timesThatTheAnswerAsksFor() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("rate-limited back-off", 1)) {
      String address = envoy.address(0);
      RetryPolicy.Builder asked =
          policy("5xx")
              .setRateLimitedRetryBackOff(
                  RetryPolicy.RateLimitedRetryBackOff.newBuilder()
                      .addResetHeaders(reset("Retry-After", RetryPolicy.ResetHeaderFormat.SECONDS))
                      .addResetHeaders(
                          reset("X-RateLimit-Reset", RetryPolicy.ResetHeaderFormat.UNIX_TIMESTAMP))
                      .setMaxInterval(Duration.newBuilder().setSeconds(3)));
      Resources resources =
          Configs.resources(
              Configs.listener(
                  envoy,
                  address,
                  Configs.routes(route("/asked/", asked), route("/never/", policy("5xx")))),
              cluster("one", envoy.upstream().open(envoy.address(1))));
      assertThat(envoy.publish(resources)).isEmpty();
      EngineSide engine = EngineSide.of(resources, 1);
      for (String path : List.of("/asked/", "/never/")) {
        for (int i = 0; i < ASKED.size(); i++) {
          Call call = Call.get(at(address), "a.example", path + i);
          Timed real =
              new Timed(
                  new ConcurrentHashMap<>(), System::nanoTime, System.currentTimeMillis() / 1_000);
          envoy.upstream().script(real);
          Decision envoys = envoy.decide(call);
          Timed virtual =
              new Timed(
                  new ConcurrentHashMap<>(),
                  engine.clock()::nanos,
                  engine.clock().nanos() / 1_000_000_000L);
          engine.script(virtual);
          List<String> differences = new ArrayList<>(envoys.differences(engine.decide(call)));
          if (!real.wait(call).equals(virtual.wait(call))) {
            differences.add("waits: Envoy " + real.wait(call) + ", engine " + virtual.wait(call));
          }
          scenario.judge(path + " " + ASKED.get(i), call.toString(), differences);
        }
      }
    }
  }
}
