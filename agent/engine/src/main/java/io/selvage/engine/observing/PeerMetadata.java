package io.selvage.engine.observing;

import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Node;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who a workload is, as Istio's data planes tell each other for their metrics: a {@code
 * google.protobuf.Struct} in base64 (Istio's metadata exchange, HTTP headers).
 */
final class PeerMetadata {
  static final String HEADER = "x-envoy-peer-metadata";
  static final String ID_HEADER = "x-envoy-peer-metadata-id";

  private static final int STRING_VALUE = 3;
  private static final int STRUCT_VALUE = 5;
  private static final int MAX_LENGTH = 16_384;

  private PeerMetadata() {}

  /** What a node says of itself. */
  static String encode(Node node) {
    Message labels = new Message();
    labels.entry("app", node.labels().getOrDefault("app", node.service()));
    labels.entry("service.istio.io/canonical-name", node.service());
    labels.entry(
        "service.istio.io/canonical-revision",
        node.version().isEmpty() ? "latest" : node.version());
    if (!node.version().isEmpty()) {
      labels.entry("version", node.version());
    }
    Message all = new Message();
    all.entry("CLUSTER_ID", node.clusterId());
    all.entry("NAME", node.workload());
    all.entry("NAMESPACE", node.namespace());
    all.entry("WORKLOAD_NAME", node.workload());
    all.entry("LABELS", labels);
    return Base64.getEncoder().encodeToString(all.out.toByteArray());
  }

  /** What a peer says of itself; null when it is not readable. */
  static Endpoint.@Nullable Workload decode(String header) {
    if (header.length() > MAX_LENGTH) {
      return null;
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(header);
      Map<String, String> fields = new HashMap<>();
      struct(bytes, 0, bytes.length, "", fields);
      return workload(fields);
    } catch (IllegalArgumentException | IndexOutOfBoundsException unreadable) {
      return null;
    }
  }

  private static Endpoint.Workload workload(Map<String, String> fields) {
    String app = fields.getOrDefault("LABELS/app", "");
    String version = fields.getOrDefault("LABELS/version", "");
    return new Endpoint.Workload(
        fields.getOrDefault("WORKLOAD_NAME", ""),
        fields.getOrDefault("NAMESPACE", ""),
        fields.getOrDefault("LABELS/service.istio.io/canonical-name", app),
        fields.getOrDefault("LABELS/service.istio.io/canonical-revision", version),
        fields.getOrDefault("CLUSTER_ID", ""));
  }

  /** Fields of a struct by path; two levels deep, which is all that is asked for. */
  private static void struct(
      byte[] bytes, int from, int to, String prefix, Map<String, String> fields) {
    Reader reader = new Reader(bytes, from, to);
    while (reader.next()) {
      if (reader.field == 1 && reader.isMessage()) {
        entry(bytes, reader.start, reader.end, prefix, fields);
      }
    }
  }

  private static void entry(
      byte[] bytes, int from, int to, String prefix, Map<String, String> fields) {
    String key = "";
    Reader reader = new Reader(bytes, from, to);
    while (reader.next()) {
      if (reader.field == 1 && reader.isMessage()) {
        key = reader.text();
      } else if (reader.field == 2 && reader.isMessage()) {
        Reader value = new Reader(bytes, reader.start, reader.end);
        while (value.next()) {
          if (value.field == STRING_VALUE && value.isMessage()) {
            fields.put(prefix + key, value.text());
          } else if (value.field == STRUCT_VALUE && value.isMessage() && prefix.isEmpty()) {
            struct(bytes, value.start, value.end, key + "/", fields);
          }
        }
      }
    }
  }

  /** Writes length-delimited fields. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    void entry(String key, String value) {
      Message text = new Message();
      text.bytes(STRING_VALUE, value.getBytes(StandardCharsets.UTF_8));
      pair(key, text);
    }

    void entry(String key, Message struct) {
      Message value = new Message();
      value.bytes(STRUCT_VALUE, struct.out.toByteArray());
      pair(key, value);
    }

    private void pair(String key, Message value) {
      Message entry = new Message();
      entry.bytes(1, key.getBytes(StandardCharsets.UTF_8));
      entry.bytes(2, value.out.toByteArray());
      bytes(1, entry.out.toByteArray());
    }

    private void bytes(int field, byte[] value) {
      out.write(field << 3 | 2);
      int length = value.length;
      while (length > 0x7f) {
        out.write(length & 0x7f | 0x80);
        length >>>= 7;
      }
      out.write(length);
      out.writeBytes(value);
    }
  }

  /** Reads fields of a message; throws {@link IndexOutOfBoundsException} at its end. */
  private static final class Reader {
    private final byte[] bytes;
    private final int limit;
    private int at;
    private int wire;
    int field;
    int start;
    int end;

    Reader(byte[] bytes, int from, int to) {
      this.bytes = bytes;
      this.at = from;
      this.limit = to;
    }

    boolean isMessage() {
      return wire == 2;
    }

    String text() {
      return new String(bytes, start, end - start, StandardCharsets.UTF_8);
    }

    boolean next() {
      if (at >= limit) {
        return false;
      }
      long tag = varint();
      field = (int) (tag >>> 3);
      wire = (int) (tag & 7);
      start = at;
      switch (wire) {
        case 0 -> varint();
        case 1 -> at += 8;
        case 2 -> {
          long length = varint();
          if (length < 0 || length > limit - at) {
            throw new IndexOutOfBoundsException();
          }
          start = at;
          at += (int) length;
        }
        case 5 -> at += 4;
        default -> throw new IndexOutOfBoundsException();
      }
      if (at > limit) {
        throw new IndexOutOfBoundsException();
      }
      end = at;
      return true;
    }

    private long varint() {
      long value = 0;
      for (int shift = 0; shift < 64; shift += 7) {
        if (at >= limit) {
          throw new IndexOutOfBoundsException();
        }
        byte next = bytes[at++];
        value |= (next & 0x7fL) << shift;
        if (next >= 0) {
          return value;
        }
      }
      throw new IndexOutOfBoundsException();
    }
  }
}
