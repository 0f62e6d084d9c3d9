package io.selvage.engine.snapshot;

import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.HeaderOps.HeaderOp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Header operations of all levels that concern a route, in Envoy's order: weighted cluster, route,
 * virtual host, route configuration; within a level removals first.
 *
 * <p>Values may hold {@code %REQ(name)%}, {@code %PROTOCOL%} and {@code %%}.
 */
public final class HeaderEdits {
  private record Edit(boolean remove, boolean append, String name, String value, boolean format) {}

  private final Edit[] edits;

  /** Compiles the levels, most specific first. */
  public HeaderEdits(HeaderOps... levels) {
    List<Edit> all = new ArrayList<>();
    for (HeaderOps level : levels) {
      for (String name : level.remove()) {
        all.add(new Edit(true, false, name.toLowerCase(Locale.ROOT), "", false));
      }
      for (HeaderOp op : level.ops()) {
        boolean format = op.value().indexOf('%') >= 0;
        String name = op.name().toLowerCase(Locale.ROOT);
        all.add(new Edit(false, op.append(), name, op.value(), format));
      }
    }
    edits = all.toArray(new Edit[0]);
  }

  public boolean isEmpty() {
    return edits.length == 0;
  }

  /** Changes a request. */
  public void applyTo(RequestHead head) {
    for (Edit edit : edits) {
      if (edit.remove) {
        head.removeHeader(edit.name);
        continue;
      }
      String value = edit.format ? formatted(edit.value, head) : edit.value;
      switch (edit.name) {
        case ":authority", "host" -> head.rewriteAuthority(value);
        case ":path" -> head.rewritePath(value);
        default -> {
          if (edit.append) {
            head.addHeader(edit.name, value);
          } else {
            head.setHeader(edit.name, value);
          }
        }
      }
    }
  }

  /** Changes a response; {@code request} is what formatted values speak of. */
  public void applyTo(ResponseHead head, RequestHead request) {
    for (Edit edit : edits) {
      if (edit.remove) {
        head.removeHeader(edit.name);
      } else if (edit.append) {
        head.addHeader(edit.name, edit.format ? formatted(edit.value, request) : edit.value);
      } else {
        head.setHeader(edit.name, edit.format ? formatted(edit.value, request) : edit.value);
      }
    }
  }

  /** Headers of an answer that the mesh gives itself. */
  public Map<String, String> answered(Map<String, String> headers, RequestHead request) {
    if (edits.length == 0) {
      return headers;
    }
    Map<String, String> out = new HashMap<>(headers);
    for (Edit edit : edits) {
      if (edit.remove) {
        out.remove(edit.name);
        continue;
      }
      String value = edit.format ? formatted(edit.value, request) : edit.value;
      out.merge(edit.name, value, (old, added) -> edit.append ? old + "," + added : added);
    }
    return out;
  }

  private static String formatted(String value, RequestHead head) {
    StringBuilder out = new StringBuilder(value.length());
    for (int i = 0; i < value.length(); ) {
      char c = value.charAt(i);
      int close = c == '%' ? value.indexOf('%', i + 1) : -1;
      if (close < 0) {
        out.append(c);
        i++;
        continue;
      }
      out.append(command(value.substring(i + 1, close), head));
      i = close + 1;
    }
    return out.toString();
  }

  private static String command(String name, RequestHead head) {
    if (name.isEmpty()) {
      return "%";
    }
    if (name.startsWith("REQ(") && name.endsWith(")")) {
      String found = head.header(name.substring(4, name.length() - 1).toLowerCase(Locale.ROOT));
      return found == null ? "-" : found;
    }
    if ("PROTOCOL".equals(name)) {
      return switch (head.protocol()) {
        case HTTP1 -> "HTTP/1.1";
        case HTTP2, GRPC -> "HTTP/2";
        case TCP -> "-";
      };
    }
    return "%" + name + "%";
  }
}
