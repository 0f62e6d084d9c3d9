package io.selvage.extension;

import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Rejection;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a refusal of the mesh looks like on the wire; the same from every server.
 *
 * @param headers in order, names in lower case; {@code content-type} included, {@code
 *     content-length} not
 */
public record InboundAnswer(int status, Map<String, String> headers, byte[] body) {

  /**
   * Writes a refusal down for the protocol of its request: gRPC callers get a Trailers-Only answer
   * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), others the text as Envoy
   * gives it.
   */
  public static InboundAnswer of(Rejection rejection, Protocol protocol) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (protocol == Protocol.GRPC) {
      headers.put("content-type", "application/grpc");
      headers.put("grpc-status", Integer.toString(rejection.grpcStatus()));
      headers.put("grpc-message", percentEncoded(rejection.body()));
      headers.putAll(rejection.headers());
      headers.remove("connection");
      return new InboundAnswer(200, headers, new byte[0]);
    }
    byte[] body = rejection.body().getBytes(StandardCharsets.UTF_8);
    if (body.length > 0) {
      headers.put("content-type", "text/plain");
    }
    headers.putAll(rejection.headers());
    if (protocol != Protocol.HTTP1) {
      headers.remove("connection"); // malformed in HTTP/2 (RFC 9113 §8.2.2), where GOAWAY says it
    }
    return new InboundAnswer(rejection.httpStatus(), headers, body);
  }

  private static String percentEncoded(String text) {
    StringBuilder encoded = new StringBuilder(text.length());
    for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
      if (each >= 0x20 && each < 0x7f && each != '%') {
        encoded.append((char) each);
      } else {
        encoded.append(String.format("%%%02X", each & 0xff));
      }
    }
    return encoded.toString();
  }
}
