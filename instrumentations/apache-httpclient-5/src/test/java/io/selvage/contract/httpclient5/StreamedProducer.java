package io.selvage.contract.httpclient5;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Set;
import org.apache.hc.core5.http.nio.AsyncEntityProducer;
import org.apache.hc.core5.http.nio.DataStreamChannel;

/** A body that is read once from a stream, of unknown length. */
final class StreamedProducer implements AsyncEntityProducer {
  private final InputStream source;
  private final ByteBuffer buffer = ByteBuffer.allocate(4096).flip();
  private boolean over;

  StreamedProducer(InputStream source) {
    this.source = source;
  }

  @Override
  public boolean isRepeatable() {
    return false;
  }

  @Override
  public int available() {
    return Integer.MAX_VALUE;
  }

  @Override
  public void produce(DataStreamChannel channel) throws IOException {
    while (!over) {
      if (!buffer.hasRemaining()) {
        int count = source.read(buffer.array());
        if (count < 0) {
          over = true;
          channel.endStream();
          return;
        }
        buffer.position(0).limit(count);
      }
      channel.write(buffer);
      if (buffer.hasRemaining()) {
        return;
      }
    }
  }

  @Override
  public void failed(Exception cause) {
    over = true;
  }

  @Override
  public void releaseResources() {
    over = true;
  }

  @Override
  public long getContentLength() {
    return -1;
  }

  @Override
  public String getContentType() {
    return "application/octet-stream";
  }

  @Override
  public String getContentEncoding() {
    return null;
  }

  @Override
  public boolean isChunked() {
    return true;
  }

  @Override
  public Set<String> getTrailerNames() {
    return null;
  }
}
