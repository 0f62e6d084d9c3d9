package io.selvage.engine.flow;

import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.FilterChain;
import io.selvage.engine.model.Listener;
import io.selvage.engine.model.Route;
import io.selvage.engine.model.VirtualHost;
import io.selvage.engine.model.WeightedCluster;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a request: typed fields, each written by one layer and read by those below it
 * and by metrics, logs and explanations.
 *
 * <p>Fields, not accessors, as they are read on the request path by every layer; not thread-safe,
 * like its exchange.
 */
public class Facts {
  /** Counts and reports a layer that threw. */
  public interface LayerFailures {
    void failed(String layer, Throwable bug);
  }

  private final LayerFailures failures;

  /** The name asked for, lower case without port; the calling side. */
  public String host = "";

  /** The port asked for. */
  public int port;

  /** The other end of an inbound connection; null on the calling side. */
  public @Nullable Peer peer;

  /**
   * Calling side: what the request was started in. Serving side, once {@link Exchange#begin} has
   * returned: what the application must run in (the server span, the caller's deadline and
   * identity); the codec attaches it. Never null.
   */
  public MeshContext context = MeshContext.NONE;

  public @Nullable Listener listener;
  public @Nullable VirtualHost virtualHost;
  public @Nullable Route route;
  public @Nullable WeightedCluster share;
  public @Nullable Cluster cluster;
  public @Nullable FilterChain chain;

  /**
   * True when no listener or route of the mesh knows the destination and it is left to the library.
   */
  public boolean passthrough;

  /** The layer that answered in the upstream's place; empty when none did. */
  public String decidedBy = "";

  /** The authorization policy that decided; for logs only. */
  public String policy = "";

  /**
   * True when the connection that carried a refused inbound request must be closed after the
   * answer: plaintext where only mutual TLS may speak.
   */
  public boolean closeConnection;

  /** True when the exchange only explains a decision: nothing is counted, logged or delayed. */
  public boolean explaining;

  /**
   * Response flags that layers add beside the outcome's own, such as {@code URX}; joined by commas.
   */
  public String extraFlag = "";

  /** Why the body was cut off by the mesh, as a response flag; empty when it was not. */
  public volatile String cutOff = "";

  public Facts(LayerFailures failures) {
    this.failures = failures;
  }

  /** The request may be sent a second time while the first sending may still be answered. */
  public boolean hedges;

  /** Adds a response flag; the same twice is one. */
  public final void flag(String flag) {
    if (extraFlag.isEmpty()) {
      extraFlag = flag;
    } else if (!extraFlag.contains(flag)) {
      extraFlag = extraFlag + "," + flag;
    }
  }

  protected final LayerFailures failures() {
    return failures;
  }

  final void layerFailed(String layer, Throwable bug) {
    failures.failed(layer, bug);
  }
}
