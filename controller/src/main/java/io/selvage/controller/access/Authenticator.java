package io.selvage.controller.access;

import java.util.List;
import java.util.Optional;

/** Says who a bearer token belongs to. Any thread; may block within a request's patience. */
public interface Authenticator {

  /**
   * The token's owner; empty if it is none of this source's or not good any more.
   *
   * @param token without {@code Bearer}
   */
  Optional<User> authenticate(String token);

  /** One after the other; the first that knows the token wins. */
  static Authenticator any(List<Authenticator> all) {
    List<Authenticator> sources = List.copyOf(all);
    return token ->
        sources.stream().flatMap(source -> source.authenticate(token).stream()).findFirst();
  }

  /** The owner by an {@code Authorization} header. */
  default Optional<User> byHeader(String header) {
    return header.regionMatches(true, 0, "Bearer ", 0, 7)
        ? authenticate(header.substring(7).trim())
        : Optional.empty();
  }
}
