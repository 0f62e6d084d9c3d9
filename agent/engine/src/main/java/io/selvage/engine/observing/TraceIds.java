package io.selvage.engine.observing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.TraceContext;
import org.jspecify.annotations.Nullable;

/** Trace contexts in headers (W3C Trace Context, B3) and ids for new spans. */
final class TraceIds {
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private TraceIds() {}

  /** A span id: 16 hex digits, not all zero. */
  static String span(Randomness random) {
    return hex(nonZero(random), 0L, 16);
  }

  /** A trace id: 32 hex digits, not all zero. */
  static String trace(Randomness random) {
    return hex(nonZero(random), random.nextLong(), 32);
  }

  private static long nonZero(Randomness random) {
    long value = random.nextLong();
    return value == 0 ? 1 : value;
  }

  /** A UUID of version 4 for {@code x-request-id}. */
  static String uuid(Randomness random) {
    long high = (random.nextLong() & ~0xf000L) | 0x4000L;
    long low = (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
    String hex = hex(high, low, 32);
    return hex.substring(0, 8)
        + '-'
        + hex.substring(8, 12)
        + '-'
        + hex.substring(12, 16)
        + '-'
        + hex.substring(16, 20)
        + '-'
        + hex.substring(20);
  }

  private static String hex(long high, long low, int digits) {
    char[] out = new char[digits];
    for (int i = 0; i < digits; i++) {
      long word = i < 16 ? high : low;
      out[i] = HEX[(int) (word >>> (60 - 4 * (i & 15))) & 0xf];
    }
    return new String(out);
  }

  /** The context that a request carries; null when it carries none that is valid. */
  static @Nullable TraceContext of(RequestHead head) {
    String w3c = head.header("traceparent");
    if (w3c != null) {
      TraceContext context = w3c(w3c.strip(), head.header("tracestate"));
      if (context != null) {
        return context;
      }
    }
    String single = head.header("b3");
    if (single != null) {
      return b3(single.strip().split("-", 4));
    }
    String trace = head.header("x-b3-traceid");
    String span = head.header("x-b3-spanid");
    return trace == null || span == null
        ? null
        : context(trace, span, sampled(head.header("x-b3-sampled"), head.header("x-b3-flags")), "");
  }

  private static boolean sampled(@Nullable String sampled, @Nullable String flags) {
    return "1".equals(flags) || !("0".equals(sampled) || "false".equals(sampled));
  }

  private static @Nullable TraceContext b3(String[] parts) {
    if (parts.length < 2) {
      return null;
    }
    boolean sampled = parts.length < 3 || "1".equals(parts[2]) || "d".equals(parts[2]);
    return context(parts[0], parts[1], sampled, "");
  }

  private static @Nullable TraceContext w3c(String text, @Nullable String state) {
    // version 00 is 55 characters; later versions may be longer, at a dash
    if (text.length() < 55
        || text.charAt(2) != '-'
        || text.charAt(35) != '-'
        || text.charAt(52) != '-'
        || !isHex(text, 0, 2)
        || text.startsWith("ff")
        || !isHex(text, 53, 55)
        || (text.length() > 55 && (text.startsWith("00") || text.charAt(55) != '-'))) {
      return null;
    }
    boolean sampled = (Character.digit(text.charAt(54), 16) & 1) == 1;
    return context(
        text.substring(3, 35), text.substring(36, 52), sampled, state == null ? "" : state);
  }

  private static @Nullable TraceContext context(
      String trace, String span, boolean sampled, String state) {
    String longTrace = trace.length() == 16 ? "0000000000000000" + trace : trace;
    if (longTrace.length() != 32
        || span.length() != 16
        || !isHex(longTrace, 0, 32)
        || !isHex(span, 0, 16)
        || isZero(longTrace)
        || isZero(span)) {
      return null;
    }
    return new TraceContext(longTrace, span, sampled, state);
  }

  private static boolean isHex(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isZero(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) != '0') {
        return false;
      }
    }
    return true;
  }

  /** Writes the context into a request: W3C always, B3 where the request carries B3 already. */
  static void write(TraceContext context, RequestHead head) {
    head.setHeader("traceparent", context.traceparent());
    if (!context.traceState().isEmpty() && head.header("tracestate") == null) {
      head.setHeader("tracestate", context.traceState());
    }
    String flag = context.sampled() ? "1" : "0";
    if (head.header("b3") != null) {
      head.setHeader("b3", context.traceId() + "-" + context.spanId() + "-" + flag);
    }
    if (head.header("x-b3-traceid") != null) {
      head.setHeader("x-b3-traceid", context.traceId());
      head.setHeader("x-b3-spanid", context.spanId());
      head.setHeader("x-b3-sampled", flag);
      head.removeHeader("x-b3-parentspanid");
    }
  }
}
