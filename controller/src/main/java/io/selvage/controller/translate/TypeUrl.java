package io.selvage.controller.translate;

import java.util.List;
import java.util.Set;

/** Names of resource types on the wire, and the order in which they are sent. */
public final class TypeUrl {
  private static final String PREFIX = "type.googleapis.com/";

  /** Listeners. */
  public static final String LDS = PREFIX + "envoy.config.listener.v3.Listener";

  /** Route configurations. */
  public static final String RDS = PREFIX + "envoy.config.route.v3.RouteConfiguration";

  /** Clusters. */
  public static final String CDS = PREFIX + "envoy.config.cluster.v3.Cluster";

  /** Endpoints of clusters. */
  public static final String EDS = PREFIX + "envoy.config.endpoint.v3.ClusterLoadAssignment";

  /** Istio's table of names. */
  public static final String NDS = PREFIX + "istio.networking.nds.v1.NameTable";

  /** Roots of the trust domain. */
  public static final String TRUST_BUNDLE = PREFIX + "selvage.v1.TrustBundle";

  /** Questions to agents. */
  public static final String QUESTION = PREFIX + "selvage.v1.Question";

  /** Answers of agents; never sent by us. */
  public static final String ANSWER = PREFIX + "selvage.v1.Answer";

  /** Reports of agents; never sent by us. */
  public static final String REPORT = PREFIX + "selvage.v1.AgentReport";

  /** Make before break: what others refer to goes first. */
  public static final List<String> ORDER = List.of(TRUST_BUNDLE, CDS, EDS, LDS, RDS, NDS, QUESTION);

  /** In state-of-the-world requests an empty list of names never means 'all' for these. */
  public static final Set<String> BY_NAME_ONLY = Set.of(RDS, EDS);

  private TypeUrl() {}
}
