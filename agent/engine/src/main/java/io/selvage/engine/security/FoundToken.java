package io.selvage.engine.security;

import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.JwtProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A token of a request and where it was. Source of the rules: Envoy's extractor ({@code
 * extensions/filters/http/jwt_authn}): headers first, then parameters, then cookies, in name order.
 *
 * @param provider who looks for tokens there
 */
record FoundToken(String token, JwtProvider provider, JwtProvider.Place place) {
  private static final String LETTERS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

  /**
   * The tokens of a request in the places of a provider.
   *
   * @param gone places whose token was taken out already; see {@link #taken}
   */
  static List<FoundToken> in(RequestHead head, JwtProvider provider, Set<String> gone) {
    List<FoundToken> found = new ArrayList<>(2);
    for (JwtProvider.Place place : provider.places()) {
      String what = taken(place);
      if (!what.isEmpty() && gone.contains(what)) {
        continue;
      }
      if (place instanceof JwtProvider.HeaderPlace at) {
        inHeader(head, provider, at, found);
      } else if (place instanceof JwtProvider.ParamPlace at) {
        inQuery(head.path(), provider, at, found);
      } else if (place instanceof JwtProvider.CookiePlace at) {
        inCookies(head, provider, at, found);
      }
    }
    return found;
  }

  /**
   * What of a request is gone when a token is taken from there; nothing of cookies, as in Envoy.
   */
  static String taken(JwtProvider.Place place) {
    if (place instanceof JwtProvider.HeaderPlace at) {
      return "header " + at.name();
    }
    return place instanceof JwtProvider.ParamPlace at ? "parameter " + at.name() : "";
  }

  private static void inHeader(
      RequestHead head, JwtProvider provider, JwtProvider.HeaderPlace at, List<FoundToken> to) {
    for (String value : head.values(at.name())) {
      if (at.prefix().isEmpty()) {
        to.add(new FoundToken(value, provider, at));
        continue;
      }
      int prefix = value.indexOf(at.prefix());
      if (prefix >= 0) {
        to.add(new FoundToken(after(value, prefix + at.prefix().length()), provider, at));
      }
    }
  }

  /** From the first letter of a token on; all of it when there is none. */
  private static String after(String value, int from) {
    for (int i = from; i < value.length(); i++) {
      if (LETTERS.indexOf(value.charAt(i)) >= 0) {
        return value.substring(i);
      }
    }
    return value;
  }

  private static void inQuery(
      String path, JwtProvider provider, JwtProvider.ParamPlace at, List<FoundToken> to) {
    int query = path.indexOf('?');
    if (query < 0) {
      return;
    }
    int fragment = path.indexOf('#', query);
    String text = path.substring(query + 1, fragment < 0 ? path.length() : fragment);
    for (String pair : text.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      if (decoded(name).equals(at.name())) {
        String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
        to.add(new FoundToken(value, provider, at));
        return;
      }
    }
  }

  private static String decoded(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int high = c == '%' && i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
      int low = high < 0 ? -1 : Character.digit(text.charAt(i + 2), 16);
      if (low < 0) {
        plain.append(c);
      } else {
        plain.append((char) (high * 16 + low));
        i += 2;
      }
    }
    return plain.toString();
  }

  private static void inCookies(
      RequestHead head, JwtProvider provider, JwtProvider.CookiePlace at, List<FoundToken> to) {
    for (String header : head.values("cookie")) {
      for (String pair : header.split(";", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0 && pair.substring(0, equals).strip().equals(at.name())) {
          String value = pair.substring(equals + 1).strip();
          boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
          to.add(
              new FoundToken(
                  quoted ? value.substring(1, value.length() - 1) : value, provider, at));
          return;
        }
      }
    }
  }
}
