package io.selvage.engine.stack;

import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.MeshSnapshot;
import org.jetbrains.kotlinx.lincheck.LinChecker;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/** Who reads the snapshot gets the whole of what was published last. */
class SnapshotLinearizableTest {
  @Test
  void oneSnapshotAfterTheOther() {
    LinChecker.check(
        Holder.class,
        new StressOptions()
            .iterations(8)
            .invocationsPerIteration(2000)
            .minimizeFailedScenario(false)
            .threads(3)
            .actorsPerThread(4));
  }

  /** Configurations tell themselves apart by the size of each of their parts. */
  public static final class Holder {
    private final Engine engine = Engine.builder(MeshTest.NODE).build();

    private static MeshConfig config(int size) {
      int[] ports = new int[size];
      Config config = Config.http(Config.route());
      for (int i = 0; i < size; i++) {
        ports[i] = 1 + i;
        config.cluster(Config.cluster("c" + i, 1));
      }
      return config.cluster(Config.cluster("sized", ports)).build();
    }

    @Operation
    public void publish(@Param(gen = IntGen.class, conf = "1:4") int size) {
      engine.publish(config(size));
    }

    @Operation
    public String current() {
      MeshSnapshot now = engine.snapshot();
      CompiledCluster sized = now.cluster("sized");
      return (sized == null ? 0 : sized.hosts().size()) + " of " + now.config().clusters().size();
    }
  }
}
