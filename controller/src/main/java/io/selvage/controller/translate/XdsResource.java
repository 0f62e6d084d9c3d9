package io.selvage.controller.translate;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * One resource, serialised once; its version is a hash of its bytes, so that equal content has an
 * equal version in every replica and after every restart. Immutable, shared by all streams.
 */
public final class XdsResource {
  private static final int VERSION_BYTES = 12;
  private final String name;
  private final String version;
  private final Any any;
  private final Resource delta;

  private XdsResource(String name, String version, Any any) {
    this.name = name;
    this.version = version;
    this.any = any;
    this.delta = Resource.newBuilder().setName(name).setVersion(version).setResource(any).build();
  }

  /** Serialises {@code message} under its own type, which for our own resources is Struct. */
  public static XdsResource of(String name, Message message) {
    ByteString bytes = message.toByteString();
    String typeUrl = "type.googleapis.com/" + message.getDescriptorForType().getFullName();
    return new XdsResource(
        name, hash(bytes), Any.newBuilder().setTypeUrl(typeUrl).setValue(bytes).build());
  }

  private static String hash(ByteString bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (ByteBuffer part : bytes.asReadOnlyByteBufferList()) {
        digest.update(part);
      }
      return HexFormat.of().formatHex(digest.digest(), 0, VERSION_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java runtime", e);
    }
  }

  /** The name that data planes ask for. */
  public String name() {
    return name;
  }

  /** Hash of the content, hexadecimal. */
  public String version() {
    return version;
  }

  /** The bytes with their type. */
  public Any any() {
    return any;
  }

  /** The form in which an incremental response carries it. */
  public Resource delta() {
    return delta;
  }

  /** Size of the content in bytes. */
  public int sizeBytes() {
    return any.getValue().size();
  }

  @Override
  public String toString() {
    return name + "@" + version;
  }
}
