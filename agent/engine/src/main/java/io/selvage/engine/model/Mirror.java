package io.selvage.engine.model;

/**
 * A share of the requests is also sent elsewhere, and the answers dropped (Envoy {@code
 * RequestMirrorPolicy}).
 *
 * @param suffix whether the copy's authority gets {@code -shadow} (Envoy: unless {@code
 *     disable_shadow_host_suffix_append})
 */
public record Mirror(String cluster, double fraction, boolean suffix) {
  /** With the suffix. */
  public Mirror(String cluster, double fraction) {
    this(cluster, fraction, true);
  }
}
