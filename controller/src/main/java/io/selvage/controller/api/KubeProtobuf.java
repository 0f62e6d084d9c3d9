package io.selvage.controller.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The little of Kubernetes' protobuf encoding that {@code kubectl} sends without asking: {@code
 * k8s\0} and {@code runtime.Unknown} around a Namespace, a ConfigMap or a self review.
 */
final class KubeProtobuf {
  static final String MEDIA_TYPE = "application/vnd.kubernetes.protobuf";

  private static final byte[] MAGIC = {'k', '8', 's', 0};

  private KubeProtobuf() {}

  /** A Namespace's metadata or a ConfigMap as JSON; other kinds are refused with 415. */
  static ObjectNode object(byte[] body, Kind kind) {
    UnknownFieldSet envelope = envelope(body);
    if (kind != Kinds.NAMESPACE && kind != Kinds.CONFIG_MAP) {
      throw ApiFailure.unsupportedMediaType(MEDIA_TYPE, List.of("application/json"));
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    UnknownFieldSet type = message(envelope, 1);
    json.put("apiVersion", text(type, 1)).put("kind", text(type, 2));
    // both{metadata = 1}; ObjectMeta{name = 1, generateName = 2, namespace = 3, labels = 11,
    // annotations = 12}
    UnknownFieldSet raw = message(envelope, 2);
    UnknownFieldSet metadata = message(raw, 1);
    ObjectNode out = json.putObject("metadata");
    put(out, "name", text(metadata, 1));
    put(out, "generateName", text(metadata, 2));
    map(out, "labels", metadata, 11);
    map(out, "annotations", metadata, 12);
    if (kind == Kinds.CONFIG_MAP) {
      put(out, "namespace", text(metadata, 3));
      // ConfigMap{data = 2, binaryData = 3, immutable = 4}
      entries(raw, 2).forEach((k, v) -> json.withObject("/data").put(k, v.toStringUtf8()));
      entries(raw, 3).forEach((k, v) -> json.withObject("/binaryData").put(k, base64(v)));
      raw.getField(4).getVarintList().forEach(flag -> json.put("immutable", flag != 0));
    }
    return json;
  }

  /** {@code spec.resourceAttributes} of a SelfSubjectAccessReview as JSON. */
  static ObjectNode accessReview(byte[] body) {
    // SelfSubjectAccessReview{spec = 2}; spec{resourceAttributes = 1, nonResourceAttributes = 2}
    UnknownFieldSet spec = message(message(envelope(body), 2), 2);
    UnknownFieldSet attributes = message(spec, 1);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ObjectNode out = json.putObject("spec").putObject("resourceAttributes");
    List<String> names =
        List.of("namespace", "verb", "group", "version", "resource", "subresource", "name");
    for (int i = 0; i < names.size(); i++) {
      put(out, names.get(i), text(attributes, i + 1));
    }
    return json;
  }

  private static UnknownFieldSet envelope(byte[] body) {
    if (body.length < 4 || !Arrays.equals(body, 0, 4, MAGIC, 0, 4)) {
      throw ApiFailure.badRequest("the body is no Kubernetes protobuf");
    }
    try {
      return UnknownFieldSet.parseFrom(ByteString.copyFrom(body, 4, body.length - 4));
    } catch (InvalidProtocolBufferException e) {
      throw ApiFailure.badRequest("the body is no Kubernetes protobuf: " + e.getMessage());
    }
  }

  private static UnknownFieldSet message(UnknownFieldSet from, int field) {
    List<ByteString> values = from.getField(field).getLengthDelimitedList();
    if (values.isEmpty()) {
      return UnknownFieldSet.getDefaultInstance();
    }
    try {
      return UnknownFieldSet.parseFrom(values.get(0));
    } catch (InvalidProtocolBufferException e) {
      throw ApiFailure.badRequest("the body is no Kubernetes protobuf: " + e.getMessage());
    }
  }

  private static String text(UnknownFieldSet from, int field) {
    List<ByteString> values = from.getField(field).getLengthDelimitedList();
    return values.isEmpty() ? "" : values.get(0).toStringUtf8();
  }

  private static void put(ObjectNode to, String name, String value) {
    if (!value.isEmpty()) {
      to.put(name, value);
    }
  }

  private static void map(ObjectNode to, String name, UnknownFieldSet from, int field) {
    entries(from, field).forEach((k, v) -> to.withObject("/" + name).put(k, v.toStringUtf8()));
  }

  private static String base64(ByteString bytes) {
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  private static Map<String, ByteString> entries(UnknownFieldSet from, int field) {
    Map<String, ByteString> entries = new LinkedHashMap<>();
    for (ByteString bytes : from.getField(field).getLengthDelimitedList()) {
      try {
        UnknownFieldSet entry = UnknownFieldSet.parseFrom(bytes);
        List<ByteString> values = entry.getField(2).getLengthDelimitedList();
        entries.put(text(entry, 1), values.isEmpty() ? ByteString.EMPTY : values.get(0));
      } catch (InvalidProtocolBufferException e) {
        throw ApiFailure.badRequest("the body is no Kubernetes protobuf: " + e.getMessage());
      }
    }
    return entries;
  }
}
