package io.selvage.instrumentation.httpurlconnection;

import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import java.net.URL;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request of this client as the engine sees it. */
final class UrlHead extends RequestHead {
  private final Request request;
  private final BodyReplay replay;

  UrlHead(URL url, String method, Request request, BodyReplay replay) {
    super(method, "http", authorityOf(url), pathOf(url), Protocol.HTTP1);
    this.request = request;
    this.replay = replay;
  }

  private UrlHead(UrlHead original) {
    super(original);
    this.request = original.request.copy();
    this.replay = original.replay;
  }

  @Override
  public @Nullable RequestHead shadowCopy() {
    return replay == BodyReplay.ONE_SHOT ? null : new UrlHead(this);
  }

  Request request() {
    return request;
  }

  private static String authorityOf(URL url) {
    return url.getPort() < 0 ? url.getHost() : url.getHost() + ":" + url.getPort();
  }

  private static String pathOf(URL url) {
    String file = url.getFile();
    return file.isEmpty() ? "/" : file.startsWith("?") ? "/" + file : file;
  }

  @Override
  protected List<String> originals(String name) {
    return request.values(name);
  }

  @Override
  protected @Nullable String original(String name) {
    return request.joined(name);
  }

  @Override
  public BodyReplay bodyReplay() {
    return replay;
  }
}
