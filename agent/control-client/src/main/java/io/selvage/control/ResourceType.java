package io.selvage.control;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.selvage.control.parse.ClusterParser;
import io.selvage.control.parse.EndpointParser;
import io.selvage.control.parse.ListenerParser;
import io.selvage.control.parse.NameTableParser;
import io.selvage.control.parse.Parsed;
import io.selvage.control.parse.RouteParser;
import io.selvage.xds.istio.nds.NameTable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is subscribed to, in the order in which it is asked for: what others refer to comes first.
 */
enum ResourceType {
  CLUSTER("envoy.config.cluster.v3.Cluster", true) {
    @Override
    Parsed<?> parse(ByteString bytes) throws InvalidProtocolBufferException {
      return ClusterParser.parse(Cluster.parseFrom(bytes));
    }
  },
  ENDPOINTS("envoy.config.endpoint.v3.ClusterLoadAssignment", false) {
    @Override
    Parsed<?> parse(ByteString bytes) throws InvalidProtocolBufferException {
      return EndpointParser.parse(ClusterLoadAssignment.parseFrom(bytes));
    }
  },
  LISTENER("envoy.config.listener.v3.Listener", true) {
    @Override
    Parsed<?> parse(ByteString bytes) throws InvalidProtocolBufferException {
      return ListenerParser.parse(Listener.parseFrom(bytes));
    }
  },
  ROUTES("envoy.config.route.v3.RouteConfiguration", false) {
    @Override
    Parsed<?> parse(ByteString bytes) throws InvalidProtocolBufferException {
      return RouteParser.parse(RouteConfiguration.parseFrom(bytes));
    }
  },
  NAMES("istio.networking.nds.v1.NameTable", true) {
    @Override
    Parsed<?> parse(ByteString bytes) throws InvalidProtocolBufferException {
      return NameTableParser.names(NameTable.parseFrom(bytes));
    }
  },
  TRUST("selvage.v1.TrustBundle", true) {
    @Override
    Parsed<?> parse(ByteString bytes) throws InvalidProtocolBufferException {
      return io.selvage.control.parse.TrustParser.bundle(Struct.parseFrom(bytes));
    }
  },
  QUESTION("selvage.v1.Question", true) {
    @Override
    Parsed<?> parse(ByteString bytes) throws InvalidProtocolBufferException {
      return new Parsed<>(Structs.map(Struct.parseFrom(bytes)), List.of(), List.of());
    }
  };

  private static final String PREFIX = "type.googleapis.com/";

  private final String message;
  private final boolean wildcard;

  ResourceType(String message, boolean wildcard) {
    this.message = message;
    this.wildcard = wildcard;
  }

  String url() {
    return PREFIX + message;
  }

  /** Whether all of them are wanted; the others by name. */
  boolean wildcard() {
    return wildcard;
  }

  /** Whether its resources are configuration, and so part of a snapshot. */
  boolean isConfiguration() {
    return this != QUESTION;
  }

  abstract Parsed<?> parse(ByteString bytes) throws InvalidProtocolBufferException;

  /** As {@link #parse}, where bytes that are no such message are a reason too. */
  Parsed<?> read(ByteString bytes) {
    try {
      return parse(bytes);
    } catch (InvalidProtocolBufferException broken) {
      return new Parsed<>(
          null, List.of("is no " + message + ": " + broken.getMessage()), List.of());
    }
  }

  static @Nullable ResourceType of(String url) {
    for (ResourceType type : values()) {
      if (type.url().equals(url)) {
        return type;
      }
    }
    return null;
  }
}
