package io.selvage.instrumentation.netty.http2;

import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2FrameListener;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments.ToArgument;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.jspecify.annotations.Nullable;

/** Puts a {@link StreamListener} in front of whatever listens to a server's frames. */
public final class ListenerAdvice {
  private ListenerAdvice() {}

  /** The calling side's connections are left alone. */
  @Advice.OnMethodEnter
  @ToArguments(@ToArgument(value = 0, typing = Typing.DYNAMIC))
  public static @Nullable Http2FrameListener enter(
      @Advice.Argument(value = 0, typing = Typing.DYNAMIC) @Nullable Http2FrameListener listener,
      @Advice.FieldValue(value = "connection", typing = Typing.DYNAMIC)
          @Nullable Http2Connection connection,
      @Advice.FieldValue(value = "encoder", typing = Typing.DYNAMIC)
          @Nullable Http2ConnectionEncoder encoder) {
    if (listener == null
        || connection == null
        || encoder == null
        || !connection.isServer()
        || listener instanceof StreamListener) {
      return listener;
    }
    return new StreamListener(listener, connection, encoder);
  }
}
