package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.ManagerPolicy;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.RoutePolicy;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long the whole stream may last, and how long it may be silent: the route's word, else the
 * listener's. Injected delays count. Source: Envoy {@code ActiveStream::refreshDurationTimeout},
 * {@code refreshIdleTimeout}.
 */
public final class StreamLimitsLayer extends Layer {
  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledRoute route = facts.compiledRoute;
    if (route == null || facts.compiledListener == null) {
      return PASS;
    }
    ManagerPolicy manager = facts.compiledListener.policy();
    RouteAction.Forward forward = route.forward();
    Duration idle = forward == null ? null : forward.idleTimeout();
    idle = idle == null ? manager.streamIdleTimeout() : idle;
    if (idle != null && !idle.isZero()) {
      x.idleNanos(idle.toNanos());
    }
    long most = durationNanos(route.policy(), manager, x.head());
    if (most > 0) {
      x.streamUntilNanos(x.startNanos() + most);
    }
    return PASS;
  }

  /** 0 = no limit. */
  private static long durationNanos(RoutePolicy policy, ManagerPolicy manager, RequestHead head) {
    RoutePolicy.StreamDuration own = policy.maxStreamDuration();
    String grpc = head.protocol() == Protocol.GRPC ? head.header("grpc-timeout") : null;
    long asked = grpc == null ? -1 : Millis.grpcNanos(grpc);
    if (own != null && own.grpcTimeoutMost() != null && asked >= 0) {
      return byGrpcTimeout(asked, own.grpcTimeoutMost(), own.grpcTimeoutOffset());
    }
    Duration most = own == null || own.most() == null ? manager.maxStreamDuration() : own.most();
    return most == null ? 0 : most.toNanos();
  }

  private static long byGrpcTimeout(long asked, Duration most, @Nullable Duration offset) {
    long timeout = most.isZero() ? asked : Math.min(asked, most.toNanos());
    long off = offset == null ? 0 : offset.toNanos();
    return off < timeout ? timeout - off : timeout;
  }
}
