package io.selvage.instrumentation.testing.client;

import io.selvage.engine.flow.AsyncDriver;
import io.selvage.engine.flow.AsyncTransport;
import io.selvage.engine.flow.BlockingDriver;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.stack.Engine;
import io.selvage.engine.stack.StatementCall;
import io.selvage.extension.ConnectTry;
import io.selvage.extension.ContextScope;
import io.selvage.extension.Intent;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.MeshTls;
import io.selvage.extension.Names;
import io.selvage.extension.PortPolicy;
import io.selvage.extension.Statements;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The mesh as seams see it, over a real engine and real TLS; only the control plane is missing. */
final class EngineRuntime implements MeshRuntime, AutoCloseable {
  private final Engine engine;
  private final MeshTls tls;
  private final WheelThread wheel = new WheelThread();
  private final BlockingDriver blocking = BlockingDriver.real(Clock.SYSTEM, wheel.timer());
  private final Names names;
  private final List<String> reports = new CopyOnWriteArrayList<>();
  private volatile boolean broken;

  EngineRuntime(Engine engine, MeshTls tls) {
    this.engine = engine;
    this.tls = tls;
    this.names = new TableNames(engine);
  }

  void breakDown() {
    broken = true;
  }

  @Override
  public @Nullable Exchange outbound(RequestHead head, String host, int port) {
    if (broken) {
      throw new IllegalStateException("a bug of the mesh");
    }
    if (Intent.isBypassed() || Intent.attemptOfThread() != null) {
      return null;
    }
    return engine.outbound(head, host, port, ContextScope.current());
  }

  @Override
  public @Nullable Exchange inbound(RequestHead head, Peer peer) {
    return Intent.isBypassed() ? null : engine.inbound(head, peer);
  }

  @Override
  public @Nullable Exchange connect(String host, int port) {
    return Intent.isBypassed()
        ? null
        : engine.connect(host, port, ContextScope.current(), ConnectTry.avoided());
  }

  @Override
  public BlockingDriver blocking() {
    return blocking;
  }

  @Override
  public AsyncDriver async(Exchange x, AsyncTransport transport, Consumer<Outcome> outcome) {
    return new AsyncDriver(x, transport, wheel.timer(), outcome);
  }

  @Override
  public Clock clock() {
    return Clock.SYSTEM;
  }

  @Override
  public Names names() {
    return names;
  }

  @Override
  public MeshTls tls() {
    return tls;
  }

  /** The fixture's servers are outside the mesh of this JVM. */
  @Override
  public PortPolicy port(int localPort) {
    return new PortPolicy(PortPolicy.Mode.DISABLE, true);
  }

  @Override
  public void listening(int localPort, String seam) {}

  @Override
  public void closed(int localPort) {}

  @Override
  public Statements statements() {
    return new Statements() {
      @Override
      public @Nullable Exchange statement(StatementCall call) {
        return Intent.isBypassed() ? null : engine.statement(call, ContextScope.current());
      }

      @Override
      public @Nullable DatabasePolicy policy(String host, int port, String database) {
        return Intent.isBypassed() ? null : engine.database(host, port, database);
      }
    };
  }

  @Override
  public void report(String code, String message) {
    reports.add("[" + code + "] " + message);
  }

  @Override
  public void close() {
    wheel.close();
  }
}
