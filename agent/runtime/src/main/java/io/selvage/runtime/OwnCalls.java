package io.selvage.runtime;

import io.selvage.engine.model.StringMatch;
import io.selvage.engine.security.TokenVerifier;
import io.selvage.identity.token.KeyFetch;
import io.selvage.identity.token.Tokens;
import io.selvage.identity.web.AddressGuard;
import io.selvage.identity.web.WebClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Calls that the agent makes for the security of requests: keys of issuers. Its threads start with
 * the first call and end when idle.
 */
final class OwnCalls implements AutoCloseable {
  private static final int MAX_KEYS_BYTES = 1 << 20;
  private final ThreadPoolExecutor threads;
  private final ScheduledThreadPoolExecutor alarm;
  private final WebClient web;

  /**
   * @param meshed whether a host is the mesh's
   */
  OwnCalls(Settings settings, Predicate<String> meshed) {
    threads =
        new ThreadPoolExecutor(
            0, 16, 5, TimeUnit.SECONDS, new SynchronousQueue<>(), daemon("selvage-web"));
    alarm = new ScheduledThreadPoolExecutor(1, daemon("selvage-web-alarm"));
    alarm.setRemoveOnCancelPolicy(true);
    alarm.setKeepAliveTime(5, TimeUnit.SECONDS);
    alarm.allowCoreThreadTimeOut(true);
    String allowed = settings.text(Setting.WEB_ALLOW);
    web =
        new WebClient(
            threads,
            alarm,
            new AddressGuard(allowed.isEmpty() ? List.of() : List.of(allowed.split(","))),
            meshed);
  }

  private static ThreadFactory daemon(String name) {
    return work -> {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Identities that are written with a star at the end, or in full; others match nobody. */
  static List<StringMatch> gateways(String setting) {
    List<StringMatch> all = new ArrayList<>();
    for (String each : setting.split(",")) {
      String id = each.strip();
      if (id.startsWith("spiffe://") && id.length() > "spiffe://*".length()) {
        all.add(
            id.endsWith("*")
                ? new StringMatch.Prefix(id.substring(0, id.length() - 1), false)
                : new StringMatch.Exact(id, false));
      }
    }
    return all;
  }

  /** Judges tokens of end users by keys that are fetched here. */
  TokenVerifier tokens(AgentLog log) {
    return new Tokens(
        KeyFetch.discovering((uri, timeout) -> web.text(uri, timeout, MAX_KEYS_BYTES)),
        System::nanoTime,
        System::currentTimeMillis,
        log::warnSometimes);
  }

  @Override
  public void close() {
    threads.shutdown();
    alarm.shutdownNow();
  }
}
