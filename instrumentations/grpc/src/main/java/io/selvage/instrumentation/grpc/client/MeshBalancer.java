package io.selvage.instrumentation.grpc.client;

import io.grpc.ConnectivityState;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.Status;
import io.grpc.util.ForwardingLoadBalancerHelper;
import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.EndpointAddress;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Gives each attempt a connection to the endpoint in its call options: one subchannel for each
 * (endpoint, identity epoch, TLS intent). Calls without such an option go to the application's own
 * policy, which is made when the first of them comes.
 *
 * <p>Picks come on any thread; all else is done in the channel's synchronization context, as the
 * library prescribes.
 */
final class MeshBalancer extends LoadBalancer {
  private static final long UNUSED_NANOS = TimeUnit.MINUTES.toNanos(5);

  private final Helper helper;
  private final LoadBalancerProvider otherwise;
  private final Map<Object, EndpointChannel> endpoints = new ConcurrentHashMap<>();
  private @Nullable LoadBalancer child;
  private @Nullable ResolvedAddresses resolved;
  private @Nullable Status unresolved;
  private volatile @Nullable SubchannelPicker childPicker;
  private ConnectivityState childState = ConnectivityState.IDLE;
  private boolean shut;

  MeshBalancer(Helper helper, LoadBalancerProvider otherwise) {
    this.helper = helper;
    this.otherwise = otherwise;
  }

  @Override
  public void handleResolvedAddresses(ResolvedAddresses addresses) {
    resolved = addresses.toBuilder().setLoadBalancingPolicyConfig(null).build();
    unresolved = null;
    tellChild();
    publish();
  }

  @Override
  public void handleNameResolutionError(Status error) {
    unresolved = error;
    tellChild();
    publish();
  }

  @Override
  public boolean canHandleEmptyAddressListFromNameResolution() {
    return true;
  }

  @Override
  public void shutdown() {
    shut = true;
    endpoints.values().forEach(EndpointChannel::shutdown);
    endpoints.clear();
    if (child != null) {
      child.shutdown();
      child = null;
    }
  }

  @Override
  public void requestConnection() {
    if (child != null) {
      child.requestConnection();
    }
  }

  // ---- endpoints of the engine

  private PickResult pick(PickSubchannelArgs call) {
    EndpointAddress to = Destination.of(call.getCallOptions());
    if (to == null) {
      return pickOtherwise(call);
    }
    EndpointChannel known = endpoints.get(to.poolKey());
    if (known == null) {
      helper.getSynchronizationContext().execute(() -> open(to));
      return PickResult.withNoResult();
    }
    return known.pick();
  }

  private void open(EndpointAddress to) {
    if (shut || endpoints.containsKey(to.poolKey())) {
      return;
    }
    sweep();
    EndpointChannel opened =
        new EndpointChannel(helper, to, this::publish, () -> close(to.poolKey()));
    endpoints.put(to.poolKey(), opened);
    ConnectionLanes.opened(to.poolKey(), opened);
    opened.connect();
    publish();
  }

  private void close(Object key) {
    EndpointChannel over = endpoints.remove(key);
    if (over != null) {
      over.shutdown();
    }
  }

  /** What nobody used for a while is an endpoint that is gone or an identity of the past. */
  private void sweep() {
    long now = System.nanoTime();
    for (Iterator<EndpointChannel> each = endpoints.values().iterator(); each.hasNext(); ) {
      EndpointChannel channel = each.next();
      if (now - channel.lastUsedNanos() > UNUSED_NANOS) {
        each.remove();
        channel.shutdown();
      }
    }
  }

  /** Each picker is a new object: the library asks pending calls again only then. */
  private void publish() {
    if (!shut) {
      ConnectivityState state =
          endpoints.isEmpty() && child != null ? childState : ConnectivityState.READY;
      helper.updateBalancingState(
          state,
          new SubchannelPicker() {
            @Override
            public PickResult pickSubchannel(PickSubchannelArgs call) {
              return pick(call);
            }
          });
    }
  }

  // ---- calls that the engine leaves to the library

  private PickResult pickOtherwise(PickSubchannelArgs call) {
    SubchannelPicker picker = childPicker;
    if (picker != null) {
      return picker.pickSubchannel(call);
    }
    helper.getSynchronizationContext().execute(this::makeChild);
    return PickResult.withNoResult();
  }

  private void makeChild() {
    if (!shut && child == null) {
      child = otherwise.newLoadBalancer(new ChildHelper());
      tellChild();
    }
  }

  private void tellChild() {
    LoadBalancer told = child;
    ResolvedAddresses addresses = resolved;
    if (told == null) {
      return;
    }
    if (addresses != null) {
      told.handleResolvedAddresses(addresses);
    } else if (unresolved != null) {
      told.handleNameResolutionError(unresolved);
    }
  }

  private final class ChildHelper extends ForwardingLoadBalancerHelper {
    @Override
    protected Helper delegate() {
      return helper;
    }

    @Override
    public void updateBalancingState(ConnectivityState state, SubchannelPicker picker) {
      childState = state;
      childPicker = picker;
      publish();
    }
  }
}
