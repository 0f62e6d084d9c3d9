package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.flow.Rejection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.hc.client5.http.async.AsyncExecCallback;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.impl.BasicEntityDetails;
import org.apache.hc.core5.http.message.BasicHttpResponse;
import org.apache.hc.core5.http.nio.AsyncDataConsumer;

/** The mesh's own answer, handed over as one of an upstream would be. */
final class OwnAnswer {
  private OwnAnswer() {}

  static void give(Rejection refusal, AsyncExecCallback application) {
    BasicHttpResponse response = new BasicHttpResponse(refusal.httpStatus());
    byte[] body = refusal.body().getBytes(StandardCharsets.UTF_8);
    response.setHeader("content-type", "text/plain");
    response.setHeader("content-length", Integer.toString(body.length));
    for (Map.Entry<String, String> header : refusal.headers().entrySet()) {
      response.setHeader(header.getKey(), header.getValue());
    }
    try {
      AsyncDataConsumer consumer =
          application.handleResponse(
              response, new BasicEntityDetails(body.length, ContentType.TEXT_PLAIN));
      if (consumer != null) {
        consumer.consume(ByteBuffer.wrap(body));
        consumer.streamEnd(null);
      }
      application.completed();
    } catch (IOException | HttpException | RuntimeException broken) {
      application.failed(broken);
    }
  }
}
