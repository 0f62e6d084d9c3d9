package io.selvage.controller.ca;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Puts what TLS proved about the caller into the call's context.
 *
 * <p>The TLS layer has already checked the chain; here the leaf only gives its SPIFFE id.
 */
public final class PeerCertificate implements ServerInterceptor {
  /** The caller's identity; absent where it showed no certificate. */
  public static final Context.Key<SpiffeId> IDENTITY = Context.key("selvage-peer-identity");

  /** The leaf that proved it; absent where it showed none. */
  public static final Context.Key<X509Certificate> LEAF = Context.key("selvage-peer-leaf");

  /** The caller's address without port, for limits and audit. */
  public static final Context.Key<String> ADDRESS = Context.key("selvage-peer-address");

  /** The bearer token of the call, where it has one. */
  public static final Context.Key<String> BEARER = Context.key("selvage-bearer");

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Context context = Context.current();
    X509Certificate leaf = leaf(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION));
    if (leaf != null) {
      context = context.withValue(LEAF, leaf);
      SpiffeId identity = SpiffeId.of(leaf).orElse(null);
      if (identity != null) {
        context = context.withValue(IDENTITY, identity);
      }
    }
    SocketAddress remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    String address =
        remote instanceof InetSocketAddress inet && inet.getAddress() != null
            ? inet.getAddress().getHostAddress()
            : String.valueOf(remote);
    context = context.withValue(ADDRESS, address);
    String authorization = headers.get(AUTHORIZATION);
    if (authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      context = context.withValue(BEARER, authorization.substring(7).trim());
    }
    return Contexts.interceptCall(context, call, headers, next);
  }

  private static @Nullable X509Certificate leaf(@Nullable SSLSession session) {
    if (session == null) {
      return null;
    }
    try {
      return session.getPeerCertificates()[0] instanceof X509Certificate leaf ? leaf : null;
    } catch (SSLPeerUnverifiedException noCertificate) {
      return null;
    }
  }
}
