package io.selvage.instrumentation.httpurlconnection;

import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.ProtocolException;
import java.net.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the application has asked for, apart from where and with which body. One thread. */
final class Request {
  final List<Map.Entry<String, String>> headers = new ArrayList<>();
  final @Nullable Proxy proxy;
  @Nullable Authenticator authenticator;
  int connectTimeout;
  int readTimeout;
  boolean useCaches = true;
  boolean allowUserInteraction;
  boolean doInput = true;
  boolean doOutput;
  long ifModifiedSince;

  Request(@Nullable Proxy proxy) {
    this.proxy = proxy;
  }

  /** The same for a request beside this one, with no answer to a challenge. */
  Request copy() {
    Request copy = new Request(proxy);
    copy.headers.addAll(headers);
    copy.connectTimeout = connectTimeout;
    copy.readTimeout = readTimeout;
    copy.useCaches = useCaches;
    copy.allowUserInteraction = allowUserInteraction;
    copy.doInput = true;
    copy.doOutput = doOutput;
    copy.ifModifiedSince = ifModifiedSince;
    return copy;
  }

  void set(String name, @Nullable String value) {
    headers.removeIf(header -> header.getKey().equalsIgnoreCase(name));
    add(name, value);
  }

  void add(String name, @Nullable String value) {
    if (value != null) {
      headers.add(Map.entry(name, value));
    }
  }

  /** The values of a header, one by one. */
  List<String> values(String name) {
    return headers.stream()
        .filter(header -> header.getKey().equalsIgnoreCase(name))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** Values joined by a comma; null when absent. */
  @Nullable String joined(String name) {
    String value = null;
    for (Map.Entry<String, String> header : headers) {
      if (header.getKey().equalsIgnoreCase(name)) {
        value = value == null ? header.getValue() : value + "," + header.getValue();
      }
    }
    return value;
  }

  /**
   * Prepares a connection of the JDK for one sending; redirects are the mesh connection's own
   * matter, so that each hop is decided anew.
   */
  void applyTo(HttpURLConnection to, String method, long remainingMillis) throws ProtocolException {
    to.setInstanceFollowRedirects(false);
    to.setConnectTimeout(shorter(connectTimeout, remainingMillis));
    to.setReadTimeout(shorter(readTimeout, remainingMillis));
    to.setUseCaches(useCaches);
    to.setAllowUserInteraction(allowUserInteraction);
    to.setDoInput(doInput);
    to.setDoOutput(doOutput);
    if (ifModifiedSince != 0) {
      to.setIfModifiedSince(ifModifiedSince);
    }
    to.setRequestMethod(method);
    if (authenticator != null) {
      to.setAuthenticator(authenticator);
    }
  }

  /** Whether a challenge can be answered, for which the JDK must be able to send again. */
  boolean mayAuthenticate() {
    return authenticator != null || Authenticator.getDefault() != null;
  }

  private static int shorter(int configured, long remainingMillis) {
    if (remainingMillis >= Integer.MAX_VALUE) {
      return configured;
    }
    int remaining = (int) Math.max(1, remainingMillis);
    return configured == 0 ? remaining : Math.min(configured, remaining);
  }
}
