package io.selvage.engine.observing;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.match.HostTable;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.LinkedHashMap;
import java.util.Map;

/** Spans of HTTP and gRPC requests by OpenTelemetry's semantic conventions 1.x. */
final class HttpSpans {
  private static final String[] GRPC_NAMES = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED"
  };

  private HttpSpans() {}

  static SpanRecord of(Exchange x, MeshFacts facts, End end, boolean inbound, long epochNow) {
    Conclusion conclusion = Conclusion.ended(x, facts, end);
    Map<String, Object> attributes = new LinkedHashMap<>();
    boolean grpc = x.head().protocol() == Protocol.GRPC;
    String name = grpc ? rpc(attributes, x.head()) : http(attributes, x.head(), facts, inbound);
    if (grpc && conclusion.grpcStatus() >= 0) {
      attributes.put("rpc.grpc.status_code", (long) conclusion.grpcStatus());
    } else if (conclusion.responseCode() > 0) {
      attributes.put("http.response.status_code", (long) conclusion.responseCode());
    }
    peer(attributes, x, facts, inbound);
    mesh(attributes, x, facts, conclusion);
    boolean error = isError(conclusion, grpc, inbound);
    if (error) {
      attributes.put("error.type", errorType(conclusion, grpc));
    }
    return new SpanRecord(
        facts.traceId,
        facts.spanId,
        facts.parentSpanId,
        facts.traceState,
        inbound ? SpanRecord.Kind.SERVER : SpanRecord.Kind.CLIENT,
        name,
        epochNow - (x.now() - x.startNanos()),
        epochNow,
        error,
        error ? conclusion.detail() : "",
        attributes);
  }

  private static String http(
      Map<String, Object> attributes, RequestHead head, MeshFacts facts, boolean inbound) {
    attributes.put("http.request.method", head.method());
    String path = facts.originalPath;
    int query = path.indexOf('?');
    if (inbound) {
      attributes.put("url.scheme", head.scheme());
      attributes.put("url.path", query < 0 ? path : path.substring(0, query));
    } else {
      // the query may hold secrets, and conventions ask to leave out what is sensitive
      String plain = query < 0 ? path : path.substring(0, query);
      attributes.put("url.full", head.scheme() + "://" + facts.originalAuthority + plain);
    }
    attributes.put("network.protocol.version", head.protocol() == Protocol.HTTP1 ? "1.1" : "2");
    return head.method();
  }

  private static String rpc(Map<String, Object> attributes, RequestHead head) {
    String path = head.pathOnly();
    int slash = path.lastIndexOf('/');
    attributes.put("rpc.system", "grpc");
    if (slash > 0) {
      attributes.put("rpc.service", path.substring(1, slash));
      attributes.put("rpc.method", path.substring(slash + 1));
    }
    return path.startsWith("/") ? path.substring(1) : path;
  }

  private static void peer(
      Map<String, Object> attributes, Exchange x, MeshFacts facts, boolean inbound) {
    if (inbound) {
      attributes.put("server.address", HostTable.withoutPort(facts.originalAuthority));
      if (facts.peer != null) {
        attributes.put("server.port", (long) facts.peer.localPort());
        attributes.put("client.address", facts.peer.address());
        if (facts.peer.principal() != null) {
          attributes.put("selvage.peer.principal", facts.peer.principal());
        }
      }
      return;
    }
    attributes.put("server.address", facts.host);
    attributes.put("server.port", (long) facts.port);
    Attempt attempt = x.currentAttempt();
    Endpoint endpoint = attempt == null ? null : attempt.endpoint();
    if (endpoint != null) {
      attributes.put("network.peer.address", endpoint.address());
      attributes.put("network.peer.port", (long) endpoint.port());
    }
    if (x.attempts() > 1) {
      attributes.put("http.request.resend_count", (long) x.attempts() - 1);
    }
  }

  private static void mesh(
      Map<String, Object> attributes, Exchange x, MeshFacts facts, Conclusion conclusion) {
    Cluster cluster = facts.cluster;
    if (cluster != null) {
      attributes.put("upstream_cluster", cluster.name());
    }
    if (!"-".equals(conclusion.flags())) {
      attributes.put("response_flags", conclusion.flags());
    }
    if (facts.requestId != null) {
      attributes.put("guid:x-request-id", facts.requestId);
    }
    if (!x.facts().decidedBy.isEmpty()) {
      attributes.put("selvage.decided_by", x.facts().decidedBy);
    }
  }

  private static boolean isError(Conclusion conclusion, boolean grpc, boolean inbound) {
    if (grpc) {
      // a server span is an error for what the server is to blame for
      return switch (conclusion.grpcStatus()) {
        case 0, -1 -> false;
        case 2, 4, 12, 13, 14, 15 -> true;
        default -> !inbound;
      };
    }
    int code = conclusion.responseCode();
    return code == 0 ? !inbound : code >= (inbound ? 500 : 400);
  }

  private static String errorType(Conclusion conclusion, boolean grpc) {
    if (grpc && conclusion.grpcStatus() < GRPC_NAMES.length) {
      return GRPC_NAMES[conclusion.grpcStatus()];
    }
    return conclusion.responseCode() > 0
        ? Integer.toString(conclusion.responseCode())
        : conclusion.flags();
  }
}
