package io.selvage.extension;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Failed;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * What an exception of a library says of its attempt; one rule for all codecs that speak over
 * {@code java.net} or JSSE. Stateless.
 *
 * <p>A library that knows better (HTTP/2 {@code REFUSED_STREAM}) decides before it asks here.
 */
public final class Failures {
  /** Causes are followed this deep: chains may be circular. */
  private static final int DEPTH = 12;

  private Failures() {}

  /**
   * The failure behind what the library threw; kind {@code RESET} for any I/O failure that is not
   * known to have happened before the first byte.
   */
  public static Failed of(Attempt attempt, Throwable thrown) {
    return new Failed(kind(attempt, thrown), thrown);
  }

  private static Failed.Kind kind(Attempt attempt, Throwable thrown) {
    boolean connecting = false;
    boolean io = false;
    Throwable cause = thrown;
    for (int depth = 0; cause != null && depth < DEPTH; depth++, cause = cause.getCause()) {
      if (cause instanceof CertificateException) {
        return Failed.Kind.PEER_IDENTITY;
      }
      connecting |= isConnecting(cause, attempt.wasRequestSent());
      io |= cause instanceof IOException || cause instanceof UnresolvedAddressException;
    }
    if (connecting) {
      return Failed.Kind.CONNECT;
    }
    return io ? Failed.Kind.RESET : Failed.Kind.LOCAL;
  }

  private static boolean isConnecting(Throwable cause, boolean sent) {
    if (cause instanceof ConnectException
        || cause instanceof NoRouteToHostException
        || cause instanceof UnknownHostException
        || cause instanceof UnresolvedAddressException
        || cause instanceof SSLHandshakeException) {
      return true;
    }
    return !sent && (cause instanceof SSLException || isConnectTimeout(cause));
  }

  private static boolean isConnectTimeout(Throwable cause) {
    @Nullable String message = cause.getMessage();
    return cause instanceof SocketTimeoutException
        && (cause.getClass() != SocketTimeoutException.class
            || (message != null && message.contains("onnect timed out")));
  }
}
