package io.selvage.extension;

import io.selvage.engine.flow.AsyncDriver;
import io.selvage.engine.flow.AsyncTransport;
import io.selvage.engine.flow.BlockingDriver;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.RequestHead;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the running mesh offers to instrumentations. All methods may be called by any thread and
 * never throw.
 */
public interface MeshRuntime {

  /**
   * An exchange for a request that the application makes.
   *
   * <p>Its attempts may have no endpoint: then the library sends where it would have sent (trace
   * headers and metrics still apply).
   *
   * @param host name or address asked for, without port
   * @return null when the mesh stands aside: the agent's own connections, or a thread that is
   *     inside another tier's attempt
   */
  @Nullable Exchange outbound(RequestHead head, String host, int port);

  /**
   * An exchange for a request that came in; {@code send this attempt} means: let the application
   * run.
   *
   * @return null when the mesh stands aside
   */
  @Nullable Exchange inbound(RequestHead head, Peer peer);

  /**
   * Decides a raw connection (the floor). Null = connect as the library would. Its attempt carries
   * endpoint and TLS; ended when the connection closes.
   */
  @Nullable Exchange connect(String host, int port);

  /** For libraries that block. */
  BlockingDriver blocking();

  /**
   * For libraries that do not block.
   *
   * @param outcome gets what the application is to see, once, on any thread
   */
  AsyncDriver async(Exchange exchange, AsyncTransport transport, Consumer<Outcome> outcome);

  Clock clock();

  /** Virtual addresses of the mesh's names. */
  Names names();

  /** TLS with the workload's identity. */
  MeshTls tls();

  /**
   * What connections to a port of the application must look like now. Ask again for each connection
   * and request.
   */
  PortPolicy port(int localPort);

  /**
   * A server of the application listens. Seam = short name of the instrumentation that guards it.
   */
  void listening(int localPort, String seam);

  /** A server of the application no longer listens. */
  void closed(int localPort);

  /** Statements to databases. */
  Statements statements();

  /**
   * One line with a stable code, at most once a minute per code and subject; for what an operator
   * must know.
   */
  void report(String code, String message);
}
