package io.selvage.instrumentation.testing.server;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Responded;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** One request as the mesh has seen it; filled as it goes on. Thread-safe. */
public final class Served {
  private final String method;
  private final String path;
  private final String authority;
  private final Protocol protocol;
  private final Peer peer;
  private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
  private final List<End> ends = new CopyOnWriteArrayList<>();

  Served(String method, String path, String authority, Protocol protocol, Peer peer) {
    this.method = method;
    this.path = path;
    this.authority = authority;
    this.protocol = protocol;
    this.peer = peer;
  }

  void outcome(Outcome outcome) {
    outcomes.add(outcome);
  }

  void end(End end) {
    ends.add(end);
  }

  public String method() {
    return method;
  }

  public String path() {
    return path;
  }

  public String authority() {
    return authority;
  }

  public Protocol protocol() {
    return protocol;
  }

  public Peer peer() {
    return peer;
  }

  public List<Outcome> outcomes() {
    return outcomes;
  }

  public List<End> ends() {
    return ends;
  }

  /** Status of the application's answer; 0 when there is none. */
  public int status() {
    return outcomes.size() == 1 && outcomes.get(0) instanceof Responded responded
        ? responded.head().status()
        : 0;
  }

  @Override
  public String toString() {
    return method + " " + path + " " + protocol + " " + outcomes + " " + ends;
  }
}
