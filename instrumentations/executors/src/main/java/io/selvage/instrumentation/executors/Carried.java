package io.selvage.instrumentation.executors;

import io.selvage.engine.flow.MeshContext;
import io.selvage.extension.ContextScope;
import io.selvage.extension.Intent;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Work with the context in which it was handed over. Work without one stays what it is. */
final class Carried {
  private Carried() {}

  private static @Nullable MeshContext context() {
    MeshContext context = ContextScope.current();
    return context == MeshContext.NONE || Intent.isBypassed() ? null : context;
  }

  static @Nullable Runnable by(@Nullable Runnable work) {
    MeshContext context = context();
    return work == null || context == null || work instanceof Task ? work : new Task(work, context);
  }

  static @Nullable Callable<?> by(@Nullable Callable<?> work) {
    MeshContext context = context();
    if (work == null || context == null) {
      return work;
    }
    return () -> {
      try (ContextScope scope = ContextScope.attach(context)) {
        return work.call();
      }
    };
  }

  static @Nullable Supplier<?> by(@Nullable Supplier<?> work) {
    MeshContext context = context();
    if (work == null || context == null) {
      return work;
    }
    return () -> {
      try (ContextScope scope = ContextScope.attach(context)) {
        return work.get();
      }
    };
  }

  static <T, R> @Nullable Function<T, R> by(@Nullable Function<T, R> work) {
    MeshContext context = context();
    if (work == null || context == null) {
      return work;
    }
    return value -> {
      try (ContextScope scope = ContextScope.attach(context)) {
        return work.apply(value);
      }
    };
  }

  static <T> @Nullable Consumer<T> by(@Nullable Consumer<T> work) {
    MeshContext context = context();
    if (work == null || context == null) {
      return work;
    }
    return value -> {
      try (ContextScope scope = ContextScope.attach(context)) {
        work.accept(value);
      }
    };
  }

  static <T, U> @Nullable BiConsumer<T, U> by(@Nullable BiConsumer<T, U> work) {
    MeshContext context = context();
    if (work == null || context == null) {
      return work;
    }
    return (one, two) -> {
      try (ContextScope scope = ContextScope.attach(context)) {
        work.accept(one, two);
      }
    };
  }

  static <T, U, R> @Nullable BiFunction<T, U, R> by(@Nullable BiFunction<T, U, R> work) {
    MeshContext context = context();
    if (work == null || context == null) {
      return work;
    }
    return (one, two) -> {
      try (ContextScope scope = ContextScope.attach(context)) {
        return work.apply(one, two);
      }
    };
  }

  /** A named class, as applications print the tasks that a pool refuses. */
  private record Task(Runnable work, MeshContext context) implements Runnable {
    @Override
    public void run() {
      try (ContextScope scope = ContextScope.attach(context)) {
        work.run();
      }
    }

    @Override
    public String toString() {
      return work.toString();
    }
  }
}
