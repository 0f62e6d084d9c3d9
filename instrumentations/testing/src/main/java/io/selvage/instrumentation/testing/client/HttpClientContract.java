package io.selvage.instrumentation.testing.client;

import io.selvage.instrumentation.testing.WovenJvm;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What every instrumentation of an HTTP client promises; one small subclass per library, version
 * and protocol.
 *
 * <p>The fixture is real throughout: mutual TLS with certificates of a test authority, upstream
 * servers on loopback, the engine with its layers, decisions from a configuration in the control
 * plane's shape. The library is used as an unmodified application would.
 */
@ExtendWith(WovenJvm.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class HttpClientContract
    implements RoutingPromises,
        RetryPromises,
        MirrorPromises,
        LimitPromises,
        HedgingPromises,
        TimePromises,
        BodyPromises,
        PoolPromises,
        SafetyPromises,
        HeaderPromises,
        BehaviourPromises {
  private @Nullable ClientFixture fixture;

  /** A new client of the library, as an application builds it. */
  protected abstract Caller newCaller(Caller.Setup setup);

  @BeforeEach
  void openWorld() {
    fixture = new ClientFixture(this::newCaller, protocol().startsWith("HTTP/2"));
  }

  @AfterEach
  void closeWorld() throws Exception {
    if (fixture != null) {
      fixture.close();
    }
  }

  @Override
  public final ClientFixture world() {
    if (fixture == null) {
      throw new IllegalStateException("no test is running");
    }
    return fixture;
  }
}
