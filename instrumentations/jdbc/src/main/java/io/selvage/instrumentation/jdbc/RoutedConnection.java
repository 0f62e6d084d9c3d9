package io.selvage.instrumentation.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose statements go to a replica from {@code setReadOnly(true)} on, to the primary
 * from {@code setReadOnly(false)} on; chosen outside of transactions only. The replica is connected
 * to when its first statement is made and kept until the connection is closed.
 *
 * <p>Session state that is set through the connection is that of both; statements stay where they
 * were made. Has every interface of the driver's connection. One thread at a time, like any
 * connection; {@code close} and {@code abort} from any.
 */
final class RoutedConnection implements InvocationHandler {
  /** Opens a connection to a replica; null = the primary is to serve. */
  interface Replicas {
    @Nullable Connection open(RoutedConnection routed) throws SQLException;
  }

  private static final Set<String> STATE =
      Set.of(
          "setAutoCommit",
          "setTransactionIsolation",
          "setSchema",
          "setCatalog",
          "setClientInfo",
          "setHoldability",
          "setTypeMap",
          "setNetworkTimeout");
  private static final long STALE_NANOS = 1_000_000_000L;

  private final Connection primary;
  private final Replicas replicas;
  private final Connection proxy;
  private final Map<String, Setting> state = new LinkedHashMap<>();
  private @Nullable Connection replica;
  private boolean readOnly;
  private boolean wanted;
  private boolean onReplica;
  private boolean autoCommit;
  private boolean primaryInWork;
  private boolean replicaInWork;
  private long replicaUsedNanos;

  private record Setting(Method method, @Nullable Object[] arguments) {}

  RoutedConnection(Connection primary, Replicas replicas) throws SQLException {
    this.primary = primary;
    this.replicas = replicas;
    this.autoCommit = primary.getAutoCommit();
    this.readOnly = primary.isReadOnly();
    this.wanted = readOnly;
    this.proxy =
        (Connection)
            Proxy.newProxyInstance(
                primary.getClass().getClassLoader(), interfaces(primary.getClass()), this);
  }

  private static Class<?>[] interfaces(Class<?> type) {
    Set<Class<?>> found = new LinkedHashSet<>();
    for (Class<?> c = type; c != null; c = c.getSuperclass()) {
      for (Class<?> each : c.getInterfaces()) {
        if (Modifier.isPublic(each.getModifiers())) {
          found.add(each);
        }
      }
    }
    found.add(Connection.class);
    return found.toArray(new Class<?>[0]);
  }

  /** What the application holds. */
  Connection proxy() {
    return proxy;
  }

  /** A statement runs on one of the two. */
  void used(Connection physical) {
    if (!autoCommit) {
      if (physical == replica) {
        replicaInWork = true;
      } else {
        primaryInWork = true;
      }
    }
    if (physical == replica) {
      replicaUsedNanos = System.nanoTime();
    }
  }

  @Override
  public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] given)
      throws Throwable {
    @Nullable Object[] arguments = given == null ? new @Nullable Object[0] : given;
    String name = method.getName();
    if (STATE.contains(name)) {
      set(new Setting(method, arguments));
      return null;
    }
    return switch (name) {
      case "setReadOnly" -> {
        setReadOnly(Boolean.TRUE.equals(arguments[0]));
        yield null;
      }
      case "isReadOnly" -> primary.isClosed() ? primary.isReadOnly() : readOnly;
      case "commit" -> both(method, arguments);
      case "rollback" -> arguments.length == 0 ? both(method, arguments) : here(method, arguments);
      case "close", "abort" -> end(method, arguments);
      case "isClosed" -> primary.isClosed();
      case "isValid" -> isValid(method, arguments);
      case "unwrap", "isWrapperFor" -> wrapped(method, arguments);
      case "equals" -> self == arguments[0];
      case "hashCode" -> System.identityHashCode(self);
      case "toString" -> "routed " + current();
      default -> here(method, arguments);
    };
  }

  private Connection current() {
    Connection there = replica;
    return onReplica && there != null ? there : primary;
  }

  private @Nullable Object here(Method method, @Nullable Object[] arguments) throws Throwable {
    if (method.getDeclaringClass() != Object.class && !primary.isClosed()) {
      choose();
    }
    return call(current(), method, arguments);
  }

  private static @Nullable Object call(Connection on, Method method, @Nullable Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(on, arguments);
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause() == null ? thrown : thrown.getCause();
    }
  }

  private boolean isInTransaction() {
    return !autoCommit && (onReplica ? replicaInWork : primaryInWork);
  }

  private void setReadOnly(boolean value) throws SQLException {
    if (isInTransaction()) {
      // as JDBC has it: drivers refuse, or it holds from the next transaction on
      current().setReadOnly(value);
      readOnly = value;
      return;
    }
    primary.setReadOnly(value);
    readOnly = value;
    wanted = value;
    if (!value) {
      onReplica = false;
    }
  }

  /** Goes to the replica if that is asked for and nothing is under way. */
  private void choose() throws Throwable {
    if (!wanted || onReplica || isInTransaction()) {
      return;
    }
    Connection there = replica;
    if (there != null && !isAlive(there)) {
      drop();
      there = null;
    }
    if (there == null) {
      there = opened();
    }
    replica = there;
    onReplica = there != null;
    wanted = onReplica; // the primary serves until it is asked for again
    replicaUsedNanos = System.nanoTime();
  }

  private @Nullable Connection opened() throws Throwable {
    Connection made = replicas.open(this);
    if (made == null) {
      return null;
    }
    try {
      made.setReadOnly(true);
      for (Setting each : state.values()) {
        call(made, each.method(), each.arguments());
      }
      return made;
    } catch (SQLException | RuntimeException failed) {
      made.close();
      throw failed;
    }
  }

  private boolean isAlive(Connection there) {
    try {
      return System.nanoTime() - replicaUsedNanos < STALE_NANOS || there.isValid(1);
    } catch (SQLException broken) {
      return false;
    }
  }

  private void drop() {
    Connection gone = replica;
    replica = null;
    onReplica = false;
    replicaInWork = false;
    if (gone != null) {
      try {
        gone.close();
      } catch (SQLException alreadyGone) {
        return; // closing what is gone may fail
      }
    }
  }

  private void set(Setting setting) throws Throwable {
    call(primary, setting.method(), setting.arguments());
    onTheOther(setting.method(), setting.arguments());
    boolean named = setting.method().getParameterCount() == 2;
    state.put(setting.method().getName() + (named ? "|" + setting.arguments()[0] : ""), setting);
    if (setting.method().getName().equals("setAutoCommit")) {
      autoCommit = Boolean.TRUE.equals(setting.arguments()[0]);
      if (autoCommit) {
        ended();
      }
    }
  }

  private @Nullable Object both(Method method, @Nullable Object[] arguments) throws Throwable {
    call(primary, method, arguments);
    primaryInWork = false;
    onTheOther(method, arguments);
    ended();
    return null;
  }

  /** What was asked for in the middle of a transaction holds from the next one on. */
  private void ended() {
    primaryInWork = false;
    replicaInWork = false;
    wanted = readOnly;
    if (!readOnly) {
      onReplica = false;
    }
  }

  /** On the replica too; one that nobody uses may break without anybody's noticing. */
  private void onTheOther(Method method, @Nullable Object[] arguments) throws Throwable {
    Connection there = replica;
    if (there == null) {
      return;
    }
    try {
      call(there, method, arguments);
    } catch (SQLException broken) {
      boolean matters = onReplica || replicaInWork;
      if (matters) {
        throw broken;
      }
      drop();
    }
  }

  private @Nullable Object end(Method method, @Nullable Object[] arguments) throws Throwable {
    Connection there = replica;
    if (there != null) {
      try {
        call(there, method, arguments);
      } catch (SQLException alreadyGone) {
        onReplica = false; // the primary's end is the one that the application hears of
      }
    }
    return call(primary, method, arguments);
  }

  private @Nullable Object isValid(Method method, @Nullable Object[] arguments) throws Throwable {
    Object valid = call(primary, method, arguments);
    Connection there = replica;
    return Boolean.TRUE.equals(valid) && onReplica && there != null
        ? call(there, method, arguments)
        : valid;
  }

  private @Nullable Object wrapped(Method method, @Nullable Object[] arguments) throws Throwable {
    if (arguments[0] instanceof Class<?> type) {
      if (type.isInstance(proxy)) {
        return method.getName().equals("unwrap") ? proxy : Boolean.TRUE;
      }
      if (type.isInstance(current())) {
        return method.getName().equals("unwrap") ? current() : Boolean.TRUE;
      }
    }
    return call(current(), method, arguments);
  }
}
