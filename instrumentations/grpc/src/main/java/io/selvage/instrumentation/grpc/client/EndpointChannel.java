package io.selvage.instrumentation.grpc.client;

import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancer.CreateSubchannelArgs;
import io.grpc.LoadBalancer.PickResult;
import io.selvage.extension.EndpointAddress;
import java.io.Closeable;

/**
 * The connection to one endpoint. Picks come on any thread; all else in the channel's
 * synchronization context.
 */
final class EndpointChannel implements Closeable {
  private final LoadBalancer.Helper helper;
  private final LoadBalancer.Subchannel subchannel;
  private final Runnable whenOver;
  private volatile ConnectivityStateInfo state =
      ConnectivityStateInfo.forNonError(ConnectivityState.IDLE);
  private volatile long lastUsedNanos = System.nanoTime();

  EndpointChannel(
      LoadBalancer.Helper helper, EndpointAddress to, Runnable onChange, Runnable whenOver) {
    this.helper = helper;
    this.whenOver = whenOver;
    this.subchannel =
        helper.createSubchannel(
            CreateSubchannelArgs.newBuilder().setAddresses(new EquivalentAddressGroup(to)).build());
    subchannel.start(
        info -> {
          state = info;
          onChange.run();
        });
  }

  void connect() {
    subchannel.requestConnection();
  }

  long lastUsedNanos() {
    return lastUsedNanos;
  }

  void shutdown() {
    subchannel.shutdown();
  }

  /** The connection has reached a limit of its cluster; calls on it go on to their end. */
  @Override
  public void close() {
    helper.getSynchronizationContext().execute(whenOver);
  }

  /**
   * An attempt to an endpoint that cannot be reached fails at once, so that the engine can try
   * another one.
   */
  PickResult pick() {
    lastUsedNanos = System.nanoTime();
    ConnectivityStateInfo now = state;
    switch (now.getState()) {
      case READY -> {
        return PickResult.withSubchannel(subchannel);
      }
      case TRANSIENT_FAILURE -> {
        return PickResult.withDrop(now.getStatus());
      }
      case IDLE, SHUTDOWN, CONNECTING -> {
        if (now.getState() == ConnectivityState.IDLE) {
          helper.getSynchronizationContext().execute(subchannel::requestConnection);
        }
        return PickResult.withNoResult();
      }
    }
    return PickResult.withNoResult();
  }
}
