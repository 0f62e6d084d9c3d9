package io.selvage.extension;

import io.selvage.engine.flow.BodyReplay;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request's body that can be had only once, kept while it is sent so that it can be sent again
 * (retry) or beside (mirror), within a bound: {@value #LIMIT_BYTES} bytes each, 16 MiB for all
 * requests of the JVM together. Beyond it the body is forgotten, never the request delayed.
 *
 * <p>Any thread. {@link #release} must follow once the request has its outcome.
 */
public final class KeptBody {
  /** The most that is kept of one request; an Envoy's buffer limit has the same purpose. */
  public static final int LIMIT_BYTES = 64 * 1024;

  private static final long LIMIT_OF_ALL = 16L * 1024 * 1024;
  private static final AtomicLong ALL = new AtomicLong();
  private static final byte[] NOTHING = {};

  private enum State {
    UNTOUCHED,
    PASSING,
    WHOLE,
    LOST
  }

  private State state = State.UNTOUCHED;
  private byte[] bytes = NOTHING;
  private int size;
  private @Nullable Consumer<byte @Nullable []> waiting;

  /** Whether the request can be sent (again): nothing was taken yet, or all of it is here. */
  public synchronized BodyReplay replay() {
    return switch (state) {
      case UNTOUCHED -> BodyReplay.REPEATABLE;
      case WHOLE -> BodyReplay.KEPT;
      case PASSING, LOST -> BodyReplay.ONE_SHOT;
    };
  }

  /** The whole body; null while it passes, before it was touched and when it was too long. */
  public synchronized byte @Nullable [] whole() {
    return state == State.WHOLE ? Arrays.copyOf(bytes, size) : null;
  }

  /**
   * Tells the whole body once all of it has passed, or null as soon as it is known that it will not
   * be here. One registration; called at once when that is known already.
   */
  public void whenKnown(Consumer<byte @Nullable []> told) {
    synchronized (this) {
      if (state == State.UNTOUCHED || state == State.PASSING) {
        Consumer<byte @Nullable []> first = waiting;
        waiting =
            first == null
                ? told
                : body -> {
                  first.accept(body);
                  told.accept(body);
                };
        return;
      }
    }
    told.accept(whole());
  }

  /** The body's first byte is about to be taken from its source. */
  public void begin() {
    synchronized (this) {
      if (state == State.UNTOUCHED) {
        state = State.PASSING;
        return;
      }
    }
    lose();
  }

  /** Bytes that pass. */
  public void add(byte[] from, int offset, int length) {
    boolean kept;
    synchronized (this) {
      kept = state != State.PASSING || room(length);
      if (kept && state == State.PASSING) {
        System.arraycopy(from, offset, bytes, size, length);
        size += length;
      }
    }
    if (!kept) {
      lose();
    }
  }

  /** Bytes that pass; the buffer's position stays. */
  public void add(ByteBuffer passing) {
    byte[] copy = new byte[passing.remaining()];
    passing.duplicate().get(copy);
    add(copy, 0, copy.length);
  }

  private boolean room(int length) {
    int wanted = size + length;
    if (wanted > LIMIT_BYTES) {
      return false;
    }
    if (wanted <= bytes.length) {
      return true;
    }
    int capacity = Math.min(LIMIT_BYTES, Math.max(wanted, Math.max(1024, bytes.length * 2)));
    if (ALL.addAndGet(capacity - bytes.length) > LIMIT_OF_ALL) {
      ALL.addAndGet(bytes.length - capacity);
      return false;
    }
    bytes = Arrays.copyOf(bytes, capacity);
    return true;
  }

  /** The last byte has passed. */
  public void complete() {
    Consumer<byte @Nullable []> told;
    synchronized (this) {
      if (state != State.PASSING) {
        return;
      }
      state = State.WHOLE;
      told = waiting;
      waiting = null;
    }
    if (told != null) {
      told.accept(whole());
    }
  }

  /** The body broke off, was too long, or nobody wants it any more. */
  public void lose() {
    Consumer<byte @Nullable []> told;
    synchronized (this) {
      if (state != State.WHOLE) {
        state = State.LOST;
        forget();
      }
      told = waiting;
      waiting = null;
    }
    if (told != null) {
      told.accept(null);
    }
  }

  /** The request will not be sent again; what was kept is let go. Twice is harmless. */
  public void release() {
    lose();
    synchronized (this) {
      state = State.LOST;
      forget();
    }
  }

  private void forget() {
    ALL.addAndGet(-bytes.length);
    bytes = NOTHING;
    size = 0;
  }

  /** The body's source, kept as it is read. */
  public InputStream passing(InputStream source) {
    begin();
    return new Passing(source);
  }

  /**
   * Where the body goes, kept as it is written; call {@link #complete} after its last byte, {@link
   * #lose} when writing fails.
   */
  public OutputStream passing(OutputStream sink) {
    begin();
    return new FilterOutputStream(sink) {
      @Override
      public void write(int value) throws IOException {
        add(new byte[] {(byte) value}, 0, 1);
        out.write(value);
      }

      @Override
      public void write(byte[] from, int offset, int length) throws IOException {
        add(from, offset, length);
        out.write(from, offset, length);
      }
    };
  }

  private final class Passing extends FilterInputStream {
    Passing(InputStream source) {
      super(source);
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      if (value < 0) {
        complete();
      } else {
        add(new byte[] {(byte) value}, 0, 1);
      }
      return value;
    }

    @Override
    public int read(byte[] to, int from, int most) throws IOException {
      int count = in.read(to, from, most);
      if (count < 0) {
        complete();
      } else {
        add(to, from, count);
      }
      return count;
    }

    @Override
    public long skip(long count) throws IOException {
      lose();
      return in.skip(count);
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
