package io.selvage.tooling.bundled;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for {@code java.util.logging.Logger} in the libraries that the agent bundles: the build
 * of the agent jar puts its name there. Thread-safe.
 *
 * <p>The real one would initialise the application's log manager before the application chose it.
 * What is below {@link Sink#level} is dropped. Nothing of {@code java.util.logging} but {@code
 * Level} and {@code LogRecord} is touched.
 */
@SuppressWarnings("unused") // called by what is bundled
public final class BundledLogger {
  /** The name that {@code Logger.getGlobal} has. */
  public static final String GLOBAL_LOGGER_NAME = "global";

  private static final Map<String, BundledLogger> LOGGERS = new ConcurrentHashMap<>();
  private static volatile Sink sink = new Sink(Level.OFF, (level, logger, message, thrown) -> {});

  private final @Nullable String name;

  private BundledLogger(@Nullable String name) {
    this.name = name;
  }

  /** Takes what bundled libraries log. */
  public interface Target {
    /**
     * Called on the thread that logs, for messages at or above the sink's level; must not throw.
     */
    void log(Level level, String logger, String message, @Nullable Throwable thrown);
  }

  /** Where messages go, from which level on. */
  public record Sink(Level level, Target target) {}

  /** Sends all messages there from now on; until then they are dropped. */
  public static void logTo(Sink to) {
    sink = to;
  }

  public static BundledLogger getLogger(String name) {
    return LOGGERS.computeIfAbsent(name, BundledLogger::new);
  }

  public static BundledLogger getLogger(String name, @Nullable String bundle) {
    return getLogger(name);
  }

  public static BundledLogger getAnonymousLogger() {
    return new BundledLogger(null);
  }

  public static BundledLogger getGlobal() {
    return getLogger(GLOBAL_LOGGER_NAME);
  }

  public @Nullable String getName() {
    return name;
  }

  public Level getLevel() {
    return sink.level();
  }

  public void setLevel(@Nullable Level level) {}

  public void setUseParentHandlers(boolean use) {}

  public @Nullable BundledLogger getParent() {
    return null;
  }

  public boolean isLoggable(Level level) {
    Level from = sink.level();
    return from != Level.OFF && level.intValue() >= from.intValue();
  }

  public void log(Level level, @Nullable String message) {
    write(level, message, null);
  }

  public void log(Level level, Supplier<String> message) {
    if (isLoggable(level)) {
      write(level, message.get(), null);
    }
  }

  public void log(Level level, @Nullable String message, @Nullable Object parameter) {
    write(level, message, null, parameter);
  }

  public void log(Level level, @Nullable String message, @Nullable Object @Nullable [] parameters) {
    write(level, message, null, parameters == null ? new Object[0] : parameters);
  }

  public void log(Level level, @Nullable String message, @Nullable Throwable thrown) {
    write(level, message, thrown);
  }

  public void log(Level level, @Nullable Throwable thrown, Supplier<String> message) {
    if (isLoggable(level)) {
      write(level, message.get(), thrown);
    }
  }

  public void log(LogRecord record) {
    Object[] parameters = record.getParameters();
    write(
        record.getLevel(),
        record.getMessage(),
        record.getThrown(),
        parameters == null ? new Object[0] : parameters);
  }

  public void logp(
      Level level, @Nullable String type, @Nullable String method, @Nullable String message) {
    write(level, message, null);
  }

  public void logp(
      Level level,
      @Nullable String type,
      @Nullable String method,
      @Nullable String message,
      @Nullable Object parameter) {
    write(level, message, null, parameter);
  }

  public void logp(
      Level level,
      @Nullable String type,
      @Nullable String method,
      @Nullable String message,
      @Nullable Throwable thrown) {
    write(level, message, thrown);
  }

  public void severe(@Nullable String message) {
    write(Level.SEVERE, message, null);
  }

  public void warning(@Nullable String message) {
    write(Level.WARNING, message, null);
  }

  public void info(@Nullable String message) {
    write(Level.INFO, message, null);
  }

  public void config(@Nullable String message) {
    write(Level.CONFIG, message, null);
  }

  public void fine(@Nullable String message) {
    write(Level.FINE, message, null);
  }

  public void finer(@Nullable String message) {
    write(Level.FINER, message, null);
  }

  public void finest(@Nullable String message) {
    write(Level.FINEST, message, null);
  }

  public void warning(Supplier<String> message) {
    log(Level.WARNING, message);
  }

  public void fine(Supplier<String> message) {
    log(Level.FINE, message);
  }

  public void finest(Supplier<String> message) {
    log(Level.FINEST, message);
  }

  public void entering(@Nullable String type, @Nullable String method) {}

  public void exiting(@Nullable String type, @Nullable String method) {}

  public void throwing(
      @Nullable String type, @Nullable String method, @Nullable Throwable thrown) {}

  private void write(
      Level level,
      @Nullable String message,
      @Nullable Throwable thrown,
      @Nullable Object... parameters) {
    if (isLoggable(level)) {
      sink.target()
          .log(
              level,
              name == null ? "" : name,
              filled(message == null ? "" : message, parameters),
              thrown);
    }
  }

  /**
   * Without {@code MessageFormat}, which drags in locales; its quotes and formats are not used by
   * what is bundled.
   */
  private static String filled(String message, @Nullable Object[] parameters) {
    String text = message;
    for (int i = 0; i < parameters.length; i++) {
      text = text.replace("{" + i + "}", String.valueOf(parameters[i]));
    }
    return text;
  }
}
