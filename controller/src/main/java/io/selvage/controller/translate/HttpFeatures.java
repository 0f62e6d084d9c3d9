package io.selvage.controller.translate;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.grpc.Status;
import io.selvage.controller.resource.view.HttpRoute;
import io.selvage.controller.resource.view.StringMatch;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Fault, CORS, redirect and direct response of a route. */
final class HttpFeatures {
  private HttpFeatures() {}

  static @Nullable Any fault(HttpRoute.@Nullable Fault fault) {
    if (fault == null) {
      return null;
    }
    HTTPFault.Builder out = HTTPFault.newBuilder();
    HttpRoute.Delay delay = fault.delay();
    if (delay != null && delay.fixedDelay() != null) {
      out.setDelay(
          FaultDelay.newBuilder()
              .setFixedDelay(Protos.duration(delay.fixedDelay()))
              .setPercentage(Protos.percent(delay.percentage())));
    }
    HttpRoute.Abort abort = fault.abort();
    if (abort != null) {
      FaultAbort.Builder built =
          FaultAbort.newBuilder().setPercentage(Protos.percent(abort.percentage()));
      Integer status = abort.httpStatus();
      if (status != null) {
        out.setAbort(built.setHttpStatus(status));
      } else if (grpcCode(abort.grpcStatus()) >= 0) {
        out.setAbort(built.setGrpcStatus(grpcCode(abort.grpcStatus())));
      }
    }
    return Protos.any(out.build());
  }

  static int grpcCode(String name) {
    for (Status.Code code : Status.Code.values()) {
      if (code.name().equals(name)) {
        return code.value();
      }
    }
    return name.matches("\\d|1[0-6]") ? Integer.parseInt(name) : -1;
  }

  static @Nullable Any cors(HttpRoute.@Nullable CorsPolicy cors) {
    if (cors == null) {
      return null;
    }
    CorsPolicy.Builder out = CorsPolicy.newBuilder();
    for (StringMatch origin : cors.allowOrigins()) {
      out.addAllowOriginStringMatch(
          origin.value().equals("*") && origin.type() == StringMatch.Type.EXACT
              ? RouteMatches.string(new StringMatch(StringMatch.Type.REGEX, ".*"))
              : RouteMatches.string(origin));
    }
    out.setAllowMethods(String.join(",", cors.allowMethods()));
    out.setAllowHeaders(String.join(",", cors.allowHeaders()));
    out.setExposeHeaders(String.join(",", cors.exposeHeaders()));
    if (cors.maxAge() != null) {
      out.setMaxAge(Long.toString(cors.maxAge().toSeconds()));
    }
    Boolean credentials = cors.allowCredentials();
    if (credentials != null) {
      out.setAllowCredentials(Protos.flag(credentials));
    }
    switch (cors.unmatchedPreflights()) {
      case FORWARD, UNSPECIFIED -> out.setForwardNotMatchingPreflights(Protos.flag(true));
      case IGNORE -> out.setForwardNotMatchingPreflights(Protos.flag(false));
    }
    return Protos.any(out.build());
  }

  static RedirectAction redirect(HttpRoute.Redirect from, int listenerPort) {
    RedirectAction.Builder out = RedirectAction.newBuilder();
    if (!from.authority().isEmpty()) {
      out.setHostRedirect(from.authority());
    }
    if (!from.uri().isEmpty()) {
      out.setPathRedirect(from.uri());
    } else if (!from.prefixRewrite().isEmpty()) {
      out.setPrefixRewrite(from.prefixRewrite());
    }
    if (!from.scheme().isEmpty()) {
      out.setSchemeRedirect(from.scheme());
    }
    Integer port = from.port();
    if (port != null) {
      out.setPortRedirect(port);
    } else if (from.derivePort() == HttpRoute.Redirect.DerivePort.FROM_REQUEST_PORT) {
      // Envoy derives no port; it is the listener's. The protocol's own is what it does by itself
      out.setPortRedirect(listenerPort);
    }
    return out.setResponseCode(code(from.redirectCode())).build();
  }

  /** Statuses that Envoy does not know become 301. */
  static RedirectAction.RedirectResponseCode code(int status) {
    return switch (status) {
      case 302 -> RedirectAction.RedirectResponseCode.FOUND;
      case 303 -> RedirectAction.RedirectResponseCode.SEE_OTHER;
      case 307 -> RedirectAction.RedirectResponseCode.TEMPORARY_REDIRECT;
      case 308 -> RedirectAction.RedirectResponseCode.PERMANENT_REDIRECT;
      default -> RedirectAction.RedirectResponseCode.MOVED_PERMANENTLY;
    };
  }

  static DirectResponseAction directResponse(HttpRoute.DirectResponse from) {
    DirectResponseAction.Builder out = DirectResponseAction.newBuilder().setStatus(from.status());
    String text = from.bodyString();
    String bytes = from.bodyBytes();
    if (text != null) {
      out.setBody(DataSource.newBuilder().setInlineString(text));
    } else if (bytes != null) {
      try {
        out.setBody(
            DataSource.newBuilder()
                .setInlineBytes(ByteString.copyFrom(Base64.getDecoder().decode(bytes))));
      } catch (IllegalArgumentException notBase64) {
        out.setBody(DataSource.newBuilder().setInlineString(""));
      }
    }
    return out.build();
  }
}
