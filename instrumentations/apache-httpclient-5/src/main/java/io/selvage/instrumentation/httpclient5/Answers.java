package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Rejection;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;

/** What the chain above the mesh gets to see. */
final class Answers {
  private Answers() {}

  /** The library's own response with the layers' changes; the exchange ends with its body. */
  static ClassicHttpResponse of(ClassicResponseHead head, Exchange exchange) {
    ClassicHttpResponse response = head.response();
    head.release();
    ClassicRequestHead.apply(head.changes(), response);
    HttpEntity entity = response.getEntity();
    if (entity == null) {
      exchange.end(End.COMPLETE);
    } else {
      response.setEntity(new EndingEntity(entity, exchange, head.runtime()));
    }
    return response;
  }

  /** The mesh's own answer. */
  static ClassicHttpResponse of(Rejection refusal) {
    BasicClassicHttpResponse response = new BasicClassicHttpResponse(refusal.httpStatus());
    byte[] body = refusal.body().getBytes(StandardCharsets.UTF_8);
    response.setHeader("content-type", "text/plain");
    response.setHeader("content-length", Integer.toString(body.length));
    for (Map.Entry<String, String> header : refusal.headers().entrySet()) {
      response.setHeader(header.getKey(), header.getValue());
    }
    response.setEntity(new ByteArrayEntity(body, ContentType.TEXT_PLAIN));
    return response;
  }
}
