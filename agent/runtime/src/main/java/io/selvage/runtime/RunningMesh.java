package io.selvage.runtime;

import io.selvage.engine.flow.AsyncDriver;
import io.selvage.engine.flow.AsyncTransport;
import io.selvage.engine.flow.BlockingDriver;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Timer;
import io.selvage.engine.stack.Engine;
import io.selvage.extension.ConnectTry;
import io.selvage.extension.ContextScope;
import io.selvage.extension.Intent;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.MeshTls;
import io.selvage.extension.Names;
import io.selvage.extension.PortPolicy;
import io.selvage.extension.Statements;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The mesh as instrumentations see it: the engine, the identity's TLS, the drivers and the ports.
 * Any thread; never throws.
 */
final class RunningMesh implements MeshRuntime {
  private final Engine engine;
  private final MeshTls tls;
  private final Timer timer;
  private final Ports ports;
  private final AgentLog log;
  private final Names names;
  private final Statements statements;
  private final BlockingDriver blocking;

  RunningMesh(Engine engine, MeshTls tls, Timer timer, Ports ports, AgentLog log) {
    this.engine = engine;
    this.tls = tls;
    this.timer = timer;
    // the wheel aborts calls that outlive their attempt's time while the library blocks
    this.blocking = BlockingDriver.real(Clock.SYSTEM, timer);
    this.ports = ports;
    this.log = log;
    this.names = new MeshNames(engine::names);
    this.statements = new RunningStatements(engine);
  }

  /** True for the agent's own work and for what happens inside another tier's attempt. */
  private static boolean standsAside() {
    return Intent.current() != null;
  }

  @Override
  public @Nullable Exchange outbound(RequestHead head, String host, int port) {
    return standsAside() ? null : engine.outbound(head, host, port, ContextScope.current());
  }

  @Override
  public @Nullable Exchange inbound(RequestHead head, Peer peer) {
    return ports.isOwn(peer.localPort()) ? null : engine.inbound(head, peer);
  }

  @Override
  public @Nullable Exchange connect(String host, int port) {
    return standsAside()
        ? null
        : engine.connect(host, port, ContextScope.current(), ConnectTry.avoided());
  }

  @Override
  public BlockingDriver blocking() {
    return blocking;
  }

  @Override
  public AsyncDriver async(Exchange exchange, AsyncTransport transport, Consumer<Outcome> outcome) {
    return new AsyncDriver(exchange, transport, timer, outcome);
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

  @Override
  public PortPolicy port(int localPort) {
    return ports.policy(localPort);
  }

  @Override
  public void listening(int localPort, String seam) {
    ports.listening(localPort, seam);
  }

  @Override
  public void closed(int localPort) {
    ports.closed(localPort);
  }

  @Override
  public Statements statements() {
    return statements;
  }

  @Override
  public void report(String code, String message) {
    log.warnSometimes(code, message);
  }
}
