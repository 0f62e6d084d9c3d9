package io.selvage.controller.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.selvage.controller.access.Authenticator;
import io.selvage.controller.access.User;
import io.selvage.controller.audit.AuditLog;
import io.selvage.controller.store.Store;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API over HTTPS. Every route needs a bearer token; TLS 1.2 and 1.3 only.
 *
 * <p>Each request and each watch takes a thread, of which there are at most {@value #MAX_THREADS}.
 */
public final class ApiServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
  private static final int MAX_THREADS = 600;
  private static final int MAX_AUDITED_CHARACTERS = 1_000;

  static {
    // small answers on kept connections must not wait for the peer's delayed ACK
    System.setProperty("sun.net.httpserver.nodelay", "true");
    // a request that does not arrive whole in this time (s) is dropped
    System.setProperty("sun.net.httpserver.maxReqTime", "60");
    System.setProperty("sun.net.httpserver.maxReqHeaders", "100");
  }

  private final HttpsServer server;
  private final ExecutorService threads;
  private final Authenticator access;
  private final Watches watches;
  private final Routes routes;
  private final AuditLog audit;

  private ApiServer(
      HttpsServer server, Authenticator access, Store store, OwnRoutes own, AuditLog audit) {
    this.server = server;
    this.access = access;
    this.watches = new Watches(store);
    this.routes = new Routes(store, watches, own);
    this.audit = audit;
    AtomicInteger number = new AtomicInteger();
    this.threads =
        new ThreadPoolExecutor(
            4,
            MAX_THREADS,
            60,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, "selvage-api-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.AbortPolicy());
  }

  /**
   * Starts serving.
   *
   * @param address port 0 takes a free one
   * @param tls asked for each new connection, so that certificates can be renewed
   * @param audit stays the caller's to close
   * @throws IOException if the address cannot be bound
   */
  public static ApiServer start(
      InetSocketAddress address,
      java.util.function.Supplier<SSLContext> tls,
      Authenticator access,
      Store store,
      OwnRoutes own,
      AuditLog audit)
      throws IOException {
    HttpsServer server = HttpsServer.create(address, 256);
    server.setHttpsConfigurator(new RenewableTls(tls));
    ApiServer api = new ApiServer(server, access, store, own, audit);
    server.createContext("/", api::handle);
    server.setExecutor(api.threads);
    server.start();
    return api;
  }

  public InetSocketAddress address() {
    return server.getAddress();
  }

  @Override
  public void close() {
    watches.stop();
    // a positive delay is always waited out in full, idle or not (JDK 17)
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) {
    try (exchange) {
      Reply reply = answer(exchange);
      if (reply != null) {
        reply.send(exchange);
      }
    } catch (IOException e) {
      LOG.debug("a client went away: {}", e.toString());
    }
  }

  private @Nullable Reply answer(HttpExchange exchange) throws IOException {
    Call call = null;
    Reply reply;
    String id = UUID.randomUUID().toString();
    exchange.getResponseHeaders().set("Audit-Id", id);
    try {
      String token = exchange.getRequestHeaders().getFirst("Authorization");
      User user =
          access
              .byHeader(token == null ? "" : token)
              .orElseThrow(() -> new ApiFailure(401, "Unauthorized", "Unauthorized [SELV-7021]"));
      call = new Call(exchange, user);
      reply = routes.route(call);
    } catch (ApiFailure e) {
      if (e.code() == 401) {
        exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer realm=\"selvage\"");
      }
      drain(exchange);
      reply = Reply.failure(e);
    } catch (RuntimeException e) {
      LOG.error(
          "[SELV-7099] {} {} failed", exchange.getRequestMethod(), exchange.getRequestURI(), e);
      reply =
          Reply.failure(
              new ApiFailure(
                  500, "InternalError", "[SELV-7099] internal error; see the controller's log"));
    }
    if (reply != null) {
      record(id, exchange, call, reply);
    }
    return reply;
  }

  /** Every write, and every read that was denied. */
  private void record(String id, HttpExchange exchange, @Nullable Call call, Reply reply) {
    String method = exchange.getRequestMethod();
    boolean denied = reply.code() == 401 || reply.code() == 403;
    if (!denied && (method.equals("GET") || method.equals("HEAD"))) {
      return;
    }
    String request = method + " " + exchange.getRequestURI().toASCIIString();
    audit.append(
        new AuditLog.Entry(
            id,
            exchange.getRemoteAddress().getAddress().getHostAddress(),
            call == null ? "-" : call.user().name(),
            request.substring(0, Math.min(request.length(), MAX_AUDITED_CHARACTERS)),
            reply.code(),
            call == null ? "" : call.bodyHash(),
            call == null ? "" : call.before(),
            AuditLog.sha256(reply.body())));
  }

  /** Reads what is left of a small body, so that the connection can be used again. */
  private static void drain(HttpExchange exchange) throws IOException {
    exchange.getRequestBody().readNBytes(64 << 10);
  }

  private static final class RenewableTls extends HttpsConfigurator {
    /** Forward secret and authenticated; those of TLS 1.3 all are. */
    private static boolean isStrong(String suite) {
      boolean authenticated = suite.contains("_GCM_") || suite.contains("_CHACHA20_");
      return authenticated && (suite.startsWith("TLS_ECDHE_") || !suite.contains("_WITH_"));
    }

    private final java.util.function.Supplier<SSLContext> current;

    RenewableTls(java.util.function.Supplier<SSLContext> current) {
      super(current.get());
      this.current = current;
    }

    @Override
    public SSLContext getSSLContext() {
      return current.get();
    }

    @Override
    public void configure(HttpsParameters parameters) {
      SSLParameters tls = getSSLContext().getDefaultSSLParameters();
      tls.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
      tls.setCipherSuites(
          Arrays.stream(getSSLContext().getSupportedSSLParameters().getCipherSuites())
              .filter(RenewableTls::isStrong)
              .toArray(String[]::new));
      parameters.setSSLParameters(tls);
    }
  }
}
