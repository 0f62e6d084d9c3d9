package io.selvage.engine.security;

import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.JwtProvider;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a good token does to its request. Source: Envoy {@code JwtProvider}. */
final class TokenEffects {
  /** Under which policies find claims. */
  static final String FILTER = "envoy.filters.http.jwt_authn";

  private TokenEffects() {}

  static void apply(RequestHead head, TokenTrial.Good good) {
    JwtProvider provider = good.token().provider();
    TokenVerifier.Verified content = good.content();
    if (!provider.forward() && good.token().place() instanceof JwtProvider.HeaderPlace at) {
      head.removeHeader(at.name());
    }
    if (!provider.payloadHeader().isEmpty()) {
      String text = content.payloadText();
      head.addHeader(
          provider.payloadHeader(),
          provider.padPayloadHeader() ? text + "=".repeat((4 - text.length() % 4) % 4) : text);
    }
    for (JwtProvider.ClaimHeader each : provider.claimHeaders()) {
      String value = text(claim(content.payload(), each.claim()));
      if (value != null) {
        head.addHeader(each.header(), value);
      }
    }
    Map<String, Object> metadata = new HashMap<>();
    if (!provider.payloadKey().isEmpty()) {
      metadata.put(provider.payloadKey(), normalized(content.payload(), provider));
    }
    if (!provider.headerKey().isEmpty()) {
      metadata.put(provider.headerKey(), content.header());
    }
    head.addMetadata(FILTER, metadata);
  }

  private static Map<String, Object> normalized(Map<String, Object> payload, JwtProvider provider) {
    Map<String, Object> all = new HashMap<>(payload);
    for (String claim : provider.spaceDelimitedClaims()) {
      if (all.get(claim) instanceof String text) {
        List<Object> words = new ArrayList<>();
        for (String word : text.split(" ", -1)) {
          if (!word.isEmpty()) {
            words.add(word);
          }
        }
        all.put(claim, words);
      }
    }
    return all;
  }

  /** A claim by its name, or by the names of nested ones separated by dots. */
  private static @Nullable Object claim(Map<String, Object> payload, String name) {
    Object at = payload;
    for (String part : name.split("\\.", -1)) {
      at = at instanceof Map<?, ?> map ? map.get(part) : null;
    }
    return at;
  }

  /** Lists and objects in Base64; null for nothing, and for what no header can hold. */
  private static @Nullable String text(@Nullable Object value) {
    if (value instanceof Number number) {
      double d = number.doubleValue();
      return d >= 0 && d < 0x1p64 && d == Math.rint(d)
          ? String.format("%.0f", d)
          : String.format(java.util.Locale.ROOT, "%f", d);
    }
    if (value instanceof Map<?, ?> || value instanceof List<?>) {
      byte[] json = Json.text(value).getBytes(StandardCharsets.UTF_8);
      return Base64.getEncoder().encodeToString(json);
    }
    String text = value instanceof String || value instanceof Boolean ? value.toString() : "";
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x20 && c != '\t' || c >= 0x7f) {
        return null;
      }
    }
    return text.isEmpty() ? null : text;
  }
}
