package io.selvage.runtime;

import java.util.Locale;

/**
 * Every setting of the agent. {@code STARTUP_MODE} is the system property {@code
 * selvage.startup-mode}, the variable {@code SELVAGE_STARTUP_MODE}, the agent option {@code
 * startup-mode=} and the file's key {@code startup-mode}; dots, dashes and underscores are the
 * same.
 */
enum Setting {
  /** False = the application runs as if the agent were not there. */
  ENABLED("true"),
  /** A file of {@code key: value} lines. */
  CONFIG_FILE(""),
  /** {@code debug}, {@code info}, {@code warn}, {@code error} or {@code off}. */
  LOG_LEVEL("info"),
  /** {@code host:port}, several separated by commas: the first that answers is used. */
  CONTROLLER(""),
  /** A join token; used once, then the kept certificate is enough. */
  TOKEN(""),
  /** File with a Kubernetes service-account token; used again and again, read each time. */
  TOKEN_FILE(""),
  /** File with a certificate of this machine (PEM chain), which lets the workload in. */
  MACHINE_CERTIFICATE(""),
  /** File with the key of the machine's certificate (PKCS#8, PEM). */
  MACHINE_KEY(""),
  /** File with the mesh's roots (PEM); wanted with a token file or a machine's certificate. */
  CA_FILE(""),
  /** Which service this is an instance of. */
  SERVICE(""),
  NAMESPACE("default"),
  /** The label {@code version}. */
  VERSION(""),
  /** {@code number[:target][/protocol]}, separated by commas. */
  PORTS(""),
  /** Name of the workload; empty = the service and version. */
  WORKLOAD(""),
  /** Whom the token was made for; empty = the service. */
  SERVICE_ACCOUNT(""),
  TRUST_DOMAIN("cluster.local"),
  CLUSTER_ID("Kubernetes"),
  /** Where others reach this workload; empty = found out. */
  ADDRESS(""),
  /** {@code region/zone/subzone}. */
  LOCALITY(""),
  /** {@code key=value}, separated by commas. */
  LABELS(""),
  /**
   * Folder of key, certificate and snapshot, made private; empty = {@code ~/.selvage/workloads/…}.
   */
  DATA_DIR(""),
  /** Keeps key and certificate in the data folder, so that a restart needs no new token. */
  IDENTITY_CACHE("true"),
  /** Asked of the controller, at least 30 s; 0 = the controller's default. */
  CERTIFICATE_LIFETIME("0s"),
  /** {@code wait}, {@code cached} or {@code open}. */
  STARTUP_MODE("wait"),
  /** How long {@code wait} waits. */
  STARTUP_TIMEOUT("5s"),
  /** What a port of which the control plane has said nothing must look like. */
  MTLS_MODE("PERMISSIVE"),
  /** Metrics, health and explanations; the next free one is taken when it is not. */
  ADMIN_PORT("15020"),
  /** How long the goodbye to the controller may take at the end. */
  DRAIN_TIMEOUT("2s"),
  /** {@code file} (in the data folder), {@code stderr}, {@code stdout}, {@code off} or a path. */
  ACCESS_LOG("file"),
  /**
   * {@code warn}: a port that STRICT cannot protect is reported. {@code refuse}: and never ready.
   */
  UNPROTECTED_PORT("warn"),
  /**
   * Hosts and addresses, separated by commas, that the agent calls for keys of tokens though they
   * are this machine, the link or a metadata service.
   */
  WEB_ALLOW(""),
  /**
   * SPIFFE ids, separated by commas, of gateways whose {@code x-envoy-*} and {@code
   * x-forwarded-client-cert} headers are believed; {@code *} at the end stands for anything.
   */
  TRUSTED_GATEWAYS("");

  private final String standard;

  Setting(String standard) {
    this.standard = standard;
  }

  /** The value when nobody says anything. */
  String standard() {
    return standard;
  }

  /** As it is written after {@code selvage.}. */
  String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** As it is written in the environment. */
  String variable() {
    return "SELVAGE_" + name();
  }
}
