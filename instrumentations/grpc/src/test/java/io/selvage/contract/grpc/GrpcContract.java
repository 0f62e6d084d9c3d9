package io.selvage.contract.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannelBuilder;
import io.selvage.instrumentation.testing.WovenJvm;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the gRPC instrumentation promises; one small subclass per transport. */
@ExtendWith(WovenJvm.class)
@Timeout(90)
abstract class GrpcContract
    implements GrpcRoutingPromises,
        GrpcRetryPromises,
        GrpcMirrorPromises,
        GrpcLimitPromises,
        GrpcHedgingPromises,
        GrpcStreamPromises,
        GrpcTimePromises,
        GrpcSafetyPromises {
  private GrpcWorld world;

  /** A builder of the transport under test, with nothing set. */
  abstract ManagedChannelBuilder<?> builder(String target);

  @BeforeEach
  void openWorld() {
    world = new GrpcWorld(this::builder);
  }

  @AfterEach
  void closeWorld() throws Exception {
    world.close();
  }

  @AfterAll
  static void seamsAreReached() {
    WovenJvm.assertLinked("ChannelAdvice", "io.selvage.instrumentation.netty.client.ConnectAdvice");
  }

  @Override
  public GrpcWorld world() {
    return world;
  }

  /** The build runs this suite on several versions of the library. */
  @Test
  void runsOnTheVersionThatTheBuildNames() {
    String jar =
        io.grpc.internal.ManagedChannelImplBuilder.class
            .getProtectionDomain()
            .getCodeSource()
            .getLocation()
            .getPath();
    assertThat(jar).contains(System.getProperty("library.version", ".jar"));
  }
}
