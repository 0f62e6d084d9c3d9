package io.selvage.engine.model;

import java.util.List;

/**
 * What a request must look like (Envoy {@code RouteMatch}). Method, authority and scheme are header
 * matchers on {@code :method}, {@code :authority} and {@code :scheme}.
 */
public record RouteMatch(
    PathMatch path, List<HeaderMatch> headers, List<QueryMatch> query, double runtimeFraction) {
  public RouteMatch {
    headers = List.copyOf(headers);
    query = List.copyOf(query);
  }
}
