package io.selvage.instrumentation.grpc.client;

import io.grpc.Metadata;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A call as the engine sees it: a POST to its full method name. */
final class CallHead extends RequestHead {
  private final Metadata headers;
  private final Supplier<BodyReplay> replay;

  CallHead(String authority, String fullMethodName, Metadata headers, Supplier<BodyReplay> replay) {
    super("POST", "http", authority, "/" + fullMethodName, Protocol.GRPC);
    this.headers = headers;
    this.replay = replay;
  }

  @Override
  public RequestHead shadowCopy() {
    Metadata copied = new Metadata();
    copied.merge(headers);
    return new CallHead(authority(), pathOnly().substring(1), copied, () -> BodyReplay.REPEATABLE);
  }

  /** What can be replayed depends on what was sent so far. */
  @Override
  public BodyReplay bodyReplay() {
    return replay.get();
  }

  @Override
  protected List<String> originals(String name) {
    return each(headers, name);
  }

  static List<String> each(Metadata metadata, String name) {
    Metadata.Key<String> key = key(name);
    Iterable<String> values = key == null ? null : metadata.getAll(key);
    List<String> all = new ArrayList<>();
    if (values != null) {
      values.forEach(all::add);
    }
    return all;
  }

  @Override
  protected @Nullable String original(String name) {
    return switch (name) {
      case "content-type" -> "application/grpc";
      case "te" -> "trailers";
      default -> joined(headers, name);
    };
  }

  /** Headers to send once. */
  Metadata copy() {
    Metadata copy = new Metadata();
    copy.merge(headers);
    apply(changes(), copy);
    return copy;
  }

  static @Nullable String joined(Metadata metadata, String name) {
    Metadata.Key<String> key = key(name);
    Iterable<String> values = key == null ? null : metadata.getAll(key);
    return values == null ? null : String.join(",", values);
  }

  static void apply(HeadChanges changes, Metadata metadata) {
    for (HeadChanges.Change change : changes.list()) {
      Metadata.Key<String> key = key(change.name());
      if (key == null) {
        continue;
      }
      if (change.kind() != HeadChanges.Kind.ADD) {
        metadata.discardAll(key);
      }
      if (change.kind() != HeadChanges.Kind.REMOVE) {
        metadata.put(key, change.value());
      }
    }
  }

  /** Null for names that are no text metadata: pseudo headers, the authority, binary values. */
  private static Metadata.@Nullable Key<String> key(String name) {
    if (name.startsWith(":")
        || name.equals("host")
        || name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
      return null;
    }
    try {
      return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    } catch (IllegalArgumentException notAName) {
      return null;
    }
  }
}
