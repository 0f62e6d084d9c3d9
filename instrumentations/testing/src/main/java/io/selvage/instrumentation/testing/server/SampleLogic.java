package io.selvage.instrumentation.testing.server;

import io.selvage.engine.flow.MeshContext;
import io.selvage.extension.ContextScope;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * What the sample applications answer: {@code key=value} lines about the request as the application
 * sees it, a large body, or the length and checksum of what was posted.
 */
public final class SampleLogic {
  private static final AtomicInteger RUNS = new AtomicInteger();
  private static final AtomicInteger ADMIN_RUNS = new AtomicInteger();
  private static final int LARGE_BYTES = 5 << 20;

  private SampleLogic() {}

  /** How many requests have reached an application of this JVM. */
  public static int runs() {
    return RUNS.get();
  }

  /** How often the handler of {@code /admin} ran. */
  public static int adminRuns() {
    return ADMIN_RUNS.get();
  }

  /** What the handler of {@code /admin} answers. */
  public static byte[] admin() {
    ADMIN_RUNS.incrementAndGet();
    RUNS.incrementAndGet();
    return "handler=admin\n".getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  /**
   * What routers of frameworks do where the server has none: parameters go, slashes are merged, dot
   * segments resolved.
   *
   * @param decoded the path as the server's own API gives it, decoded once
   */
  public static boolean isAdmin(String decoded) {
    java.util.ArrayDeque<String> kept = new java.util.ArrayDeque<>();
    for (String segment : decoded.split("/", -1)) {
      String bare = segment.split(";", 2)[0];
      if (bare.equals("..")) {
        kept.pollLast();
      } else if (!bare.isEmpty() && !bare.equals(".")) {
        kept.add(bare);
      }
    }
    return "admin".equals(kept.peekFirst());
  }

  /** The large body, the same each time and nowhere periodic in 64 KiB. */
  public static byte[] large() {
    byte[] bytes = new byte[LARGE_BYTES];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 11));
    }
    return bytes;
  }

  /**
   * Answers.
   *
   * @param header a header of the request by lower-case name
   * @param facts further lines that only the stack knows, such as {@code scheme=http}
   */
  public static byte[] answer(
      String path, Function<String, @Nullable String> header, byte[] posted, String facts) {
    RUNS.incrementAndGet();
    if (path.startsWith("/large")) {
      return large();
    }
    CRC32 sum = new CRC32();
    sum.update(posted);
    MeshContext context = ContextScope.current();
    var lines =
        Arrays.asList(
            facts,
            "path=" + path,
            "posted=" + posted.length + "/" + sum.getValue(),
            "caller=" + context.caller(),
            "trace=" + (context.trace() == null ? null : context.trace().traceId()),
            "xfcc=" + header.apply("x-forwarded-client-cert"),
            "added=" + header.apply("x-added"),
            "removed=" + header.apply("x-removed"),
            "foreign="
                + Spoofs.names().stream().filter(name -> header.apply(name) != null).toList());
    return (String.join("\n", lines) + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }
}
