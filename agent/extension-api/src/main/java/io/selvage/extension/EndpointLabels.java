package io.selvage.extension;

import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Host names that stand for endpoints, for libraries whose pools tell connections apart by text
 * alone and connect on threads of their own: {@code reviews.selvage-7}.
 *
 * <p>One label for each pool key; whoever connects asks {@link #find}, and must refuse a name that
 * {@link #isLabel} but is not known any more. Any thread.
 */
public final class EndpointLabels {
  /** Beyond this, labels are forgotten: old connections then die of age and new ones are made. */
  private static final int MOST = 4_096;

  private static final String MARK = ".selvage-";
  private static final Map<Object, EndpointAddress> BY_KEY = new ConcurrentHashMap<>();
  private static final Map<String, EndpointAddress> BY_LABEL = new ConcurrentHashMap<>();
  private static final AtomicLong NUMBER = new AtomicLong();

  private EndpointLabels() {}

  /**
   * The endpoint's address; {@link EndpointAddress#getHostString} is its label.
   *
   * @param key of the connections that may be shared, see {@link ConnectionLanes#keyOf}
   * @param host that the application asked for
   * @throws UnknownHostException when the endpoint's address is a name that cannot be resolved
   */
  public static EndpointAddress of(
      Object key, Endpoint endpoint, @Nullable UpstreamTls tls, String host)
      throws UnknownHostException {
    EndpointAddress known = BY_KEY.get(key);
    if (known != null) {
      return known;
    }
    if (BY_KEY.size() >= MOST) {
      BY_KEY.clear();
      BY_LABEL.clear();
    }
    EndpointAddress made =
        EndpointAddress.of(endpoint, tls, key, host + MARK + NUMBER.incrementAndGet());
    BY_LABEL.put(made.getHostString(), made);
    EndpointAddress first = BY_KEY.putIfAbsent(key, made);
    return first == null ? made : first;
  }

  /** The endpoint behind a label; null = a name as any other, or a label that is forgotten. */
  public static @Nullable EndpointAddress find(String host) {
    return BY_LABEL.get(host);
  }

  /** Whether a name can only be a label. */
  public static boolean isLabel(String host) {
    int mark = host.lastIndexOf(MARK);
    if (mark < 0 || mark + MARK.length() == host.length()) {
      return false;
    }
    for (int i = mark + MARK.length(); i < host.length(); i++) {
      if (!Character.isDigit(host.charAt(i))) {
        return false;
      }
    }
    return true;
  }
}
