package io.selvage.controller.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.ca.AttestationSettings;
import io.selvage.controller.ca.CaSettings;
import io.selvage.controller.ca.CertificateAuthority;
import io.selvage.controller.ca.CertificateService;
import io.selvage.controller.ca.JoinTokens;
import io.selvage.controller.ca.MeshAuthority;
import io.selvage.controller.ca.MeshTrust;
import io.selvage.controller.ca.OwnIdentity;
import io.selvage.controller.ca.PrivateFolder;
import io.selvage.controller.ca.TrustBundle;
import io.selvage.controller.ca.UpstreamAuthority;
import io.selvage.controller.registry.Registry;
import io.selvage.controller.registry.VirtualAddresses;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.store.Store;
import io.selvage.controller.store.StoreEvent;
import io.selvage.controller.store.StoreSnapshot;
import io.selvage.controller.translate.AgentConfig;
import io.selvage.controller.translate.MeshView;
import io.selvage.controller.translate.Translator;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Identities and configuration for the mesh: certificate authority, registry, translation and the
 * control port, over one store. Thread-safe.
 */
public final class ControlPlane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private final ControlPlaneSettings settings;
  private final Store store;
  private final MeshAuthority identities;
  private final Registry registry;
  private final VirtualAddresses addresses;
  private final ServeMetrics metrics = new ServeMetrics();
  private final AgentHub hub;
  private final PushLoop pushes;
  private final StatusWriter statuses;
  private final RefStatusWriter refStatuses;
  private final ControlPort port;
  private final Store.Watch watch;
  private volatile Translator translator;

  private ControlPlane(
      ControlPlaneSettings settings,
      Store store,
      AttestationSettings attestation,
      @Nullable UpstreamAuthority upstream,
      Clock clock) {
    this.settings = settings;
    this.store = store;
    PrivateFolder folder = PrivateFolder.open(settings.folder());
    this.identities =
        MeshAuthority.open(
            new CaSettings(
                settings.authority(),
                settings.mesh().trustDomain(),
                settings.createAuthority(),
                settings.leafValidity(),
                settings.maxLeafValidity()),
            folder,
            clock,
            upstream);
    this.addresses = VirtualAddresses.open(settings.folder().resolve("addresses.json"));
    this.registry =
        Registry.open(
            settings.folder().resolve("workloads.json"),
            settings.grace(),
            settings.restartGrace(),
            System::nanoTime);
    StoreSnapshot first = store.snapshot();
    this.translator = Translator.first(view(first), identities.trust());
    this.hub = new AgentHub(registry, this::configFor, metrics);
    this.statuses = new StatusWriter(store, clock);
    this.refStatuses = new RefStatusWriter(store, clock);
    this.pushes = new PushLoop(settings.quiet(), settings.longest(), this::push);
    registry.onChange(pushes::changed);
    identities.onTrust(this::trustChanged);
    identities.confirmedBy(this::behind);
    this.watch = store.watch(first.revision(), this::changed);
    OwnIdentity identity = new OwnIdentity(identities.authority(), settings.advertised(), clock);
    identities.authority().onSigner(identity::rotate);
    this.port =
        ControlPort.open(
            settings.listen(),
            identity,
            new MeshTrust(identities::trust, clock, attestation.machines()),
            List.of(
                new AdsService(hub, metrics),
                CertificateService.of(identities, attestation, System::nanoTime)));
    pushes.every(TICK, registry::tick);
    pushes.every(TICK, addresses::save);
    pushes.every(TICK, hub::cutSlow);
    pushes.every(Duration.ofMinutes(1), identity::rotateWhenDue);
    pushes.every(Duration.ofSeconds(5), identities.federation()::refresh);
    pushes.every(Duration.ofMinutes(1), identities::renewIntermediate);
    pushes.changed();
    LOG.info("control port {} open, trust domain {}", port.port(), settings.mesh().trustDomain());
  }

  /**
   * Opens everything and the port.
   *
   * @param store stays the caller's to close, after this
   * @throws io.selvage.controller.ca.CodedException where files or port refuse
   */
  public static ControlPlane start(ControlPlaneSettings settings, Store store) {
    return start(settings, store, AttestationSettings.TOKENS_ONLY);
  }

  /** As {@link #start(ControlPlaneSettings, Store)}, with further ways into the mesh. */
  public static ControlPlane start(
      ControlPlaneSettings settings, Store store, AttestationSettings attestation) {
    return start(settings, store, attestation, null);
  }

  /** As above, with an intermediate that {@code upstream} signs; null = its keys are here. */
  public static ControlPlane start(
      ControlPlaneSettings settings,
      Store store,
      AttestationSettings attestation,
      @Nullable UpstreamAuthority upstream) {
    return new ControlPlane(settings, store, attestation, upstream, Clock.systemUTC());
  }

  private void trustChanged() {
    hub.endRevoked(identities.trust().revoked());
    pushes.changed();
  }

  /** Who does not trust yet whom all should trust. */
  private List<String> behind() {
    return translator.trusts(identities.trust()) ? hub.behind() : List.of("(not sent yet)");
  }

  private MeshView view(StoreSnapshot snapshot) {
    return new MeshView(settings.mesh(), snapshot, registry.workloads(), addresses::of);
  }

  private AgentConfig configFor(WorkloadNode node) {
    return translator.configFor(node);
  }

  private void changed(StoreEvent event) {
    var previous = event.previous();
    boolean statusOnly =
        event.type() == StoreEvent.Type.MODIFIED
            && previous != null
            && previous.generation() == event.resource().generation()
            && previous.labels().equals(event.resource().labels())
            && previous.annotations().equals(event.resource().annotations());
    if (!statusOnly) {
      pushes.changed();
    }
  }

  private void push(long since) {
    Translator next = translator.next(view(store.snapshot()), identities.trust());
    translator = next;
    hub.push(since);
    statuses.write(next.problems().read());
    refStatuses.write(next.refStatuses());
  }

  /** The port that was opened. */
  public int port() {
    return port.port();
  }

  /** The root that agents pin, and the bundle. */
  public TrustBundle bundle() {
    return identities.trust();
  }

  /** The authority, for rotation and for certificates of other ports of the controller. */
  public CertificateAuthority authority() {
    return identities.authority();
  }

  /** Who is who: tokens, revocations, rotation, other domains. */
  public MeshAuthority identities() {
    return identities;
  }

  /**
   * Makes a join token.
   *
   * @throws IllegalArgumentException where namespace or service account are no valid names
   */
  public JoinTokens.Created createToken(
      String namespace, String serviceAccount, int uses, Duration lifetime) {
    return identities.createToken(namespace, serviceAccount, uses, lifetime);
  }

  /** All connected data planes, ordered by namespace, service, version. */
  public List<AgentStatus> agents() {
    return hub.agents();
  }

  /** Counters of the control port. */
  public Map<String, Double> metrics() {
    return metrics.read();
  }

  /**
   * Asks a connected agent (contract, section 3).
   *
   * @param question {@code kind} and its fields; the id is set here
   * @return the answer; fails after 5 s without one, or at once where no agent fits
   */
  public CompletableFuture<ObjectNode> ask(Predicate<WorkloadNode> whom, ObjectNode question) {
    return hub.ask(node -> node.isAgent() && whom.test(node), question, PATIENCE);
  }

  /** Why a call goes where it goes: what caller and callee say themselves. */
  public Why why() {
    return new Why(this, settings.mesh().trustDomain());
  }

  /** The configuration that a data plane would be given now; for views and support. */
  public AgentConfig configOf(WorkloadNode node) {
    return configFor(node);
  }

  @Override
  public void close() {
    watch.close();
    pushes.close();
    hub.endAll("[SELV-3106] the controller stops");
    port.close();
    registry.tick();
    addresses.save();
  }
}
