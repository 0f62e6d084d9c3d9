package io.selvage.instrumentation.okhttp;

import java.util.List;
import okhttp3.Authenticator;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.Dispatcher;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * A client for calls beside the application's own (copies of mirrored requests): it shares pool,
 * time-outs and cookies, and nothing of it reaches the application's interceptors, listeners, cache
 * or dispatcher. Made when the first of them is due. Any thread.
 */
final class BesideClient {
  private volatile @Nullable OkHttpClient application;
  private volatile @Nullable OkHttpClient made;

  void derivesFrom(OkHttpClient client) {
    application = client;
  }

  /** Null when nobody knows the application's client. */
  @Nullable OkHttpClient get() {
    OkHttpClient known = made;
    OkHttpClient from = application;
    if (known == null && from != null) {
      OkHttpClient.Builder builder =
          from.newBuilder()
              .cache(null)
              .dispatcher(new Dispatcher())
              .authenticator(Authenticator.NONE)
              .cookieJar(new Readable(from.cookieJar()))
              .eventListenerFactory(call -> EventListener.NONE)
              .followRedirects(false);
      builder.interceptors().clear();
      known = builder.build();
      made = known;
    }
    return known;
  }

  /** Answers beside the application's own set no cookies. */
  private record Readable(CookieJar jar) implements CookieJar {
    @Override
    public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {}

    @Override
    public List<Cookie> loadForRequest(HttpUrl url) {
      return jar.loadForRequest(url);
    }
  }
}
