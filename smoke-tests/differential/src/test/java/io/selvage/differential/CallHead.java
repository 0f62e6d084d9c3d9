package io.selvage.differential;

import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.ResponseHead;
import java.util.ArrayList;
import java.util.List;

/** A call as a codec would show it to the engine, and back. */
final class CallHead extends RequestHead {
  private final List<Header> headers;

  CallHead(Call call) {
    this(
        call.method(),
        call.authority(),
        call.path(),
        call.isGrpc() ? Protocol.GRPC : Protocol.HTTP1,
        withCase(call));
  }

  private CallHead(
      String method, String authority, String path, Protocol protocol, List<Header> headers) {
    super(method, "http", authority, path, protocol);
    this.headers = headers;
  }

  private static List<Header> withCase(Call call) {
    List<Header> all = new ArrayList<>();
    all.add(new Header(Call.CASE, call.id()));
    all.addAll(call.headers());
    return all;
  }

  @Override
  protected List<String> originals(String name) {
    return headers.stream().filter(h -> h.name().equals(name)).map(Header::value).toList();
  }

  @Override
  protected String original(String name) {
    return Header.joined(headers, name);
  }

  @Override
  public RequestHead shadowCopy() {
    return new CallHead(method(), authority(), path(), protocol(), headers);
  }

  @Override
  public BodyReplay bodyReplay() {
    return BodyReplay.REPEATABLE;
  }

  /** As it goes over the wire to a host. */
  Received toHost(String host) {
    List<Header> sent = applied(headers, changes().list());
    sent.removeIf(h -> h.name().equals("host"));
    return new Received(host, method(), path(), authority(), sent);
  }

  static List<Header> applied(List<Header> headers, List<HeadChanges.Change> changes) {
    List<Header> all = new ArrayList<>(headers);
    for (HeadChanges.Change change : changes) {
      if (change.kind() != HeadChanges.Kind.ADD) {
        all.removeIf(h -> h.name().equals(change.name()));
      }
      if (change.kind() != HeadChanges.Kind.REMOVE) {
        all.add(new Header(change.name(), change.value()));
      }
    }
    return all;
  }

  /** A scripted answer as a codec would show it. */
  static final class Response extends ResponseHead {
    private final Answer answer;

    Response(Answer answer) {
      super(answer.status());
      this.answer = answer;
    }

    @Override
    protected String original(String name) {
      return Header.joined(answer.headers(), name);
    }

    @Override
    protected List<String> originals(String name) {
      return answer.headers().stream()
          .filter(h -> h.name().equals(name))
          .map(Header::value)
          .toList();
    }

    @Override
    public int grpcStatus() {
      String status = original("grpc-status");
      return status == null ? -1 : Integer.parseInt(status);
    }

    List<Header> headers() {
      return applied(answer.headers(), changes().list());
    }

    String body() {
      return answer.body();
    }
  }
}
