package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Every disagreement that was found once, replayed against both sides. */
@ExtendWith(Differential.class)
class RegressionsIT {
  @Test
  void kept() throws Exception {
    List<Path> files = files();
    assertThat(files).hasSizeGreaterThan(10);
    try (RealEnvoy envoy = started();
        var scenario = Differential.scenario("regressions", 1)) {
      for (int i = 0; i < files.size(); i++) {
        RegressionCase one = RegressionCase.read(files.get(i), envoy);
        if (one.hasEndpoints()) {
          // endpoints of their own for a cluster of the same name want an Envoy that knows none
          try (RealEnvoy other = started()) {
            replay(RegressionCase.read(files.get(i), other), other, other.address(100), scenario);
          }
        } else {
          replay(one, envoy, envoy.address(100 + i), scenario);
        }
      }
    }
  }

  private static RealEnvoy started() throws IOException {
    RealEnvoy envoy = RealEnvoy.start();
    for (int i = 0; i < 10; i++) {
      envoy.upstream().open(RegressionCase.host(envoy, i));
    }
    return envoy;
  }

  private static List<Path> files() throws Exception {
    try (Stream<Path> all = Files.list(folder())) {
      return all.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  private static Path folder() throws URISyntaxException {
    return Path.of(RegressionsIT.class.getResource("/regressions").toURI());
  }

  private static void replay(
      RegressionCase one, RealEnvoy envoy, String address, Differential.Scenario scenario) {
    Resources resources = one.resources(envoy, address);
    Script script = one.script();
    envoy.upstream().script(script);
    Map<String, String> envoys = envoy.publish(resources);
    EngineSide engine = new EngineSide(1).script(script);
    Map<String, String> engines = engine.publish(resources);
    scenario.judge(one.name(), "configuration", one.misjudged(envoys, engines));
    if (!envoys.isEmpty() || !engines.isEmpty()) {
      return;
    }
    for (JsonNode wanted : one.calls()) {
      Call call = RegressionCase.call(at(address), wanted);
      Decision envoyDecided = envoy.decide(call);
      Decision engineDecided = engine.decide(call);
      List<String> differences = new ArrayList<>(envoyDecided.differences(engineDecided));
      differences.addAll(RegressionCase.unexpected("Envoy's", wanted, envoyDecided));
      differences.addAll(RegressionCase.unexpected("the engine's", wanted, engineDecided));
      scenario.judge(one.name(), call.toString(), differences);
    }
    envoy.forget();
  }
}
