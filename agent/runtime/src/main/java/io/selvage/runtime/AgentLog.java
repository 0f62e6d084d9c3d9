package io.selvage.runtime;

import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The agent's own lines on standard error: {@code LEVEL [SELV-1234] (Subject) text}. No logging
 * framework, as the application's must not be touched. Any thread; never throws.
 */
final class AgentLog {
  /** From talkative to silent. */
  enum Level {
    DEBUG,
    INFO,
    WARN,
    ERROR,
    OFF
  }

  private static final long MINUTE = 60_000_000_000L;
  private static final int MAX_SUBJECTS = 512;

  private final PrintStream out;
  private final Level from;
  private final LongSupplier nanos;
  private final Map<String, Long> last =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > MAX_SUBJECTS;
        }
      };

  AgentLog(PrintStream out, Level from, LongSupplier nanos) {
    this.out = out;
    this.from = from;
    this.nanos = nanos;
  }

  /** A finished line that begins with its level. */
  void line(String text) {
    Level level = Level.INFO;
    for (Level each : Level.values()) {
      if (text.startsWith(each.name() + " ")) {
        level = each;
      }
    }
    if (level.compareTo(from) >= 0) {
      out.println(text.replace('\n', ' ').replace('\r', ' '));
    }
  }

  void info(String code, String text) {
    line("INFO [" + code + "] " + text);
  }

  void warn(String code, String text) {
    line("WARN [" + code + "] " + text);
  }

  void error(String code, String text) {
    line("ERROR [" + code + "] " + text);
  }

  /**
   * At most once a minute for a code and subject; the subject is what stands in the first
   * parentheses.
   */
  void warnSometimes(String code, String text) {
    int open = text.indexOf('(');
    int close = text.indexOf(')', open + 1);
    String subject = open == 0 && close > 0 ? text.substring(0, close) : text;
    if (isDue(code + subject)) {
      warn(code, text);
    }
  }

  private synchronized boolean isDue(String key) {
    long now = nanos.getAsLong();
    Long before = last.get(key);
    if (before != null && now - before < MINUTE) {
      return false;
    }
    last.remove(key);
    last.put(key, now);
    return true;
  }
}
