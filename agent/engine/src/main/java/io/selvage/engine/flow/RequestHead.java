package io.selvage.engine.flow;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request's line and headers, as the codec of a library shows them to the engine and as the
 * layers change them.
 *
 * <p>Headers are not copied: a codec looks them up in the library's own request, and changes are
 * kept beside. Not thread-safe; its exchange's driver serialises. The source of the pseudo header
 * names is RFC 9113 §8.3.
 */
public abstract class RequestHead {
  private final String method;
  private final String scheme;
  private final Protocol protocol;
  private String authority;
  private String path;
  private boolean lineChanged;
  private final HeadChanges changes = new HeadChanges();
  private List<String> meanings = List.of();
  private Map<String, Map<String, Object>> metadata = Map.of();

  /**
   * @param authority host and optional port as the application wrote it
   * @param path path with query, as on the wire; starts with a slash (or is {@code *})
   */
  protected RequestHead(
      String method, String scheme, String authority, String path, Protocol protocol) {
    this.method = method;
    this.scheme = scheme;
    this.authority = authority;
    this.path = path;
    this.protocol = protocol;
  }

  /** A head of the same line and with no changes yet, for a copy that is sent beside. */
  protected RequestHead(RequestHead original) {
    this(original.method, original.scheme, original.authority, original.path, original.protocol);
  }

  /**
   * The value of a header in the library's request; several values joined by a comma. Null when
   * absent. Name is lower case.
   */
  protected abstract @Nullable String original(String name);

  /**
   * The values of a header in the library's request one by one, in order; empty when absent. Asked
   * only where {@link #original} has a comma. Name is lower case.
   */
  protected abstract List<String> originals(String name);

  /**
   * A head of the same request for a copy that is sent beside it, with changes of its own; null
   * when this codec cannot send copies (the mirror is then left out and counted).
   */
  public @Nullable RequestHead shadowCopy() {
    return null;
  }

  /**
   * Takes over line and header changes of the head that this one is a copy of, as an Envoy copies
   * the headers that it would send and not those that it got.
   */
  public final void inherit(RequestHead from) {
    authority = from.authority;
    path = from.path;
    lineChanged = from.lineChanged;
    changes.addAll(from.changes);
  }

  /** Whether the body can be sent again. */
  public abstract BodyReplay bodyReplay();

  public final String method() {
    return method;
  }

  public final String scheme() {
    return scheme;
  }

  public final Protocol protocol() {
    return protocol;
  }

  public final String authority() {
    return authority;
  }

  public final String path() {
    return path;
  }

  /** Whether a layer changed authority or path, so that the codec must rewrite them. */
  public final boolean lineChanged() {
    return lineChanged;
  }

  public final void rewriteAuthority(String value) {
    lineChanged |= !value.equals(authority);
    authority = value;
  }

  public final void rewritePath(String value) {
    lineChanged |= !value.equals(path);
    path = value;
  }

  /** The value as changed so far, pseudo headers included; null when absent. */
  public final @Nullable String header(String name) {
    if (name.length() > 0 && name.charAt(0) == ':') {
      return switch (name) {
        case ":method" -> method;
        case ":authority" -> authority;
        case ":path" -> path;
        case ":scheme" -> scheme;
        default -> null;
      };
    }
    return changes.apply(name, "host".equals(name) ? authority : original(name));
  }

  /**
   * The values one by one, as changed so far; empty when absent. A value may itself hold a list
   * with commas: only repeated header lines are several values.
   */
  public final List<String> values(String name) {
    String joined = header(name);
    if (joined == null) {
      return List.of();
    }
    boolean alone = joined.indexOf(',') < 0 || name.charAt(0) == ':' || "host".equals(name);
    return alone ? List.of(joined) : changes.apply(name, originals(name));
  }

  /** The first of {@link #values}; null when absent. */
  public final @Nullable String firstHeader(String name) {
    List<String> values = values(name);
    return values.isEmpty() ? null : values.get(0);
  }

  public final void setHeader(String name, String value) {
    changes.add(HeadChanges.Kind.SET, name, value);
  }

  public final void addHeader(String name, String value) {
    changes.add(HeadChanges.Kind.ADD, name, value);
  }

  public final void removeHeader(String name) {
    changes.add(HeadChanges.Kind.REMOVE, name, "");
  }

  /** What the codec must apply to the library's request before it is sent. */
  public final HeadChanges changes() {
    return changes;
  }

  /**
   * Further forms in which the server of an inbound request understands its path, decoded; empty
   * where it reads the path as it came. Authorization asks about all of them.
   */
  public final List<String> meanings() {
    return meanings;
  }

  /** The server understands the path so; its codec says it before or at dispatch. */
  public final void means(String decodedPath) {
    if (meanings.isEmpty()) {
      meanings = List.of(decodedPath);
    } else if (!meanings.contains(decodedPath)) {
      List<String> all = new ArrayList<>(meanings);
      all.add(decodedPath);
      meanings = List.copyOf(all);
    }
  }

  /**
   * What an earlier filter found out about the request, as JSON values; null = nothing. Source:
   * Envoy's dynamic metadata.
   */
  public final @Nullable Map<String, Object> metadata(String filter) {
    return metadata.get(filter);
  }

  /** Everything that filters found out, by filter. */
  public final Map<String, Map<String, Object>> metadata() {
    return metadata;
  }

  /** Adds to what a filter found out, for those that come after it. */
  public final void addMetadata(String filter, Map<String, Object> values) {
    Map<String, Map<String, Object>> all = new HashMap<>(metadata);
    Map<String, Object> merged = new HashMap<>(all.getOrDefault(filter, Map.of()));
    merged.putAll(values);
    all.put(filter, merged);
    metadata = all;
  }

  /** Path without query and fragment. */
  public final String pathOnly() {
    int q = path.indexOf('?');
    return q < 0 ? path : path.substring(0, q);
  }
}
