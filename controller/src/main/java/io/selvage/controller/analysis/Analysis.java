package io.selvage.controller.analysis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.analysis.Finding.Level;
import io.selvage.controller.registry.Locality;
import io.selvage.controller.registry.RegisteredWorkload;
import io.selvage.controller.registry.ServicePort;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.ResourceKey;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.ViolationCode;
import io.selvage.controller.resource.validate.Validation;
import io.selvage.controller.resource.view.Service;
import io.selvage.controller.store.EmbeddedStore;
import io.selvage.controller.store.StoreException;
import io.selvage.controller.translate.MeshSettings;
import io.selvage.controller.translate.MeshView;
import io.selvage.controller.translate.Problems;
import io.selvage.controller.translate.RefStatus;
import io.selvage.controller.translate.Translator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Looks at documents as the API and the translation do, without a controller: every document is
 * validated, and what is valid is translated for one imagined workload of each service and each
 * namespace. There are no rules beside theirs.
 */
public final class Analysis {
  private static final String NOT_SERVED = "SELV-7345";
  private static final String UNKNOWN_FIELD = "SELV-7346";
  private static final String UNUSABLE = "SELV-7340";
  private static final String UNRESOLVED = "SELV-7341";
  private static final String DOMAIN = "cluster.local";

  private final String namespace;
  private final List<Finding> findings = new ArrayList<>();
  private final Map<ResourceKey, String> references = new HashMap<>();
  private final EmbeddedStore store = EmbeddedStore.inMemory();

  private Analysis(String namespace) {
    this.namespace = namespace;
  }

  /**
   * All findings, in order of origin and field.
   *
   * @param namespace of documents that name none
   */
  public static List<Finding> of(List<Document> documents, String namespace) {
    Analysis analysis = new Analysis(namespace);
    try {
      documents.forEach(analysis::judge);
      analysis.translate();
    } finally {
      analysis.store.close();
    }
    return analysis.findings.stream()
        .distinct()
        .sorted(
            Comparator.comparing(Finding::origin)
                .thenComparing(Finding::field)
                .thenComparing(Finding::message))
        .toList();
  }

  private void judge(Document document) {
    String apiVersion = document.json().path("apiVersion").asText();
    String name = document.json().path("kind").asText();
    Optional<Kind> kind = Kinds.byApiVersion(apiVersion, name);
    if (kind.isEmpty() || !(document.json() instanceof ObjectNode written)) {
      unknown(document, apiVersion, name);
      return;
    }
    ObjectNode json = written.deepCopy();
    ObjectNode metadata = json.withObjectProperty("metadata");
    if (kind.get().namespaced() && !metadata.hasNonNull("namespace")) {
      metadata.put("namespace", namespace);
    }
    json.remove("status");
    String origin = origin(kind.get(), json);
    Validation validation = Validation.of(kind.get(), json);
    for (String field : validation.unknownFields()) {
      add(document, UNKNOWN_FIELD, Level.ERROR, origin, field, "no such field");
    }
    for (Violation v : validation.violations()) {
      String words = v.cause().words() + ": " + v.message() + ". " + ViolationCode.fixOf(v.code());
      add(document, v.code(), Level.ERROR, origin, v.field(), words);
    }
    if (validation.violations().isEmpty()) {
      keep(document, kind.get(), json, origin);
    }
  }

  private void keep(Document document, Kind kind, ObjectNode json, String origin) {
    Resource resource = Resource.of(kind, json, 1);
    if (references.putIfAbsent(resource.key(), document.reference()) != null) {
      add(document, "SELV-7107", Level.ERROR, origin, "", "the document occurs twice");
      return;
    }
    if (kind.equals(Kinds.GATEWAY)) {
      String words = Kinds.GATEWAY_NOT_SERVED;
      add(
          document,
          "SELV-7120",
          Level.WARNING,
          origin,
          "",
          words.substring(words.indexOf(' ') + 1));
    }
    try {
      store.create(kind, json);
    } catch (StoreException full) {
      add(document, UNUSABLE, Level.ERROR, origin, "", String.valueOf(full.getMessage()));
    }
  }

  private void unknown(Document document, String apiVersion, String kind) {
    boolean meshs = apiVersion.contains("istio.io/") || apiVersion.contains("selvage.io/");
    String text = apiVersion + " " + kind;
    add(
        document,
        NOT_SERVED,
        meshs ? Level.WARNING : Level.INFO,
        kind + " " + document.json().at("/metadata/name").asText(),
        "",
        meshs ? text + " has no effect: not served" : text + " is none of the mesh; not looked at");
  }

  private void translate() {
    List<RegisteredWorkload> workloads = imagined();
    Map<String, String> addresses = new LinkedHashMap<>();
    MeshView view =
        new MeshView(
            MeshSettings.defaults(DOMAIN),
            store.snapshot(),
            workloads,
            host -> addresses.computeIfAbsent(host, h -> "240.240.0." + (addresses.size() + 1)));
    Translator translator = Translator.forProblems(view);
    workloads.forEach(w -> translator.look(w.node()));
    translator.problems().read().forEach((key, problems) -> problems.forEach(p -> add(key, p)));
    translator.refStatuses().forEach(this::add);
  }

  /** A workload of each service, and one that only calls in each namespace. */
  private List<RegisteredWorkload> imagined() {
    List<RegisteredWorkload> all = new ArrayList<>();
    TreeSet<String> namespaces = new TreeSet<>(List.of(namespace));
    references.keySet().stream()
        .filter(key -> key.kind().namespaced())
        .forEach(key -> namespaces.add(key.namespace()));
    namespaces.forEach(n -> all.add(workload("analysis", n, Map.of(), List.of())));
    for (Resource resource : store.snapshot().list(Kinds.SERVICE)) {
      Checked<Service> service = Service.parse(resource);
      if (service.value() != null && !service.value().selector().isEmpty()) {
        all.add(workload(service.value()));
      }
    }
    return all;
  }

  private static RegisteredWorkload workload(Service service) {
    List<ServicePort> ports = new ArrayList<>();
    for (Service.Port port : service.ports()) {
      String named = port.appProtocol().isEmpty() ? port.name() : port.appProtocol();
      Integer target = port.targetPort();
      ports.add(
          new ServicePort(
              port.port(), target == null ? port.port() : target, named.split("-", 2)[0]));
    }
    return workload(
        service.source().name(), service.source().namespace(), service.selector(), ports);
  }

  private static RegisteredWorkload workload(
      String name, String namespace, Map<String, String> labels, List<ServicePort> ports) {
    return new RegisteredWorkload(
        new WorkloadNode(
            "sidecar~127.0.0.1~" + name + "." + namespace + "~" + namespace + ".svc." + DOMAIN,
            "127.0.0.1",
            name,
            namespace,
            name,
            labels,
            "Kubernetes",
            false,
            true,
            ports.isEmpty() ? "" : name,
            name,
            ports,
            Locality.UNKNOWN,
            "analysis",
            "17",
            "127.0.0.1"),
        true);
  }

  private void add(ResourceKey key, Problems.Problem problem) {
    boolean open = problem.reason() == Problems.Reason.UNRESOLVED;
    // a name that nobody serves may be meant for later; a destination that is not there fails calls
    boolean fails = open && problem.field().endsWith("destination");
    Level level =
        fails || problem.reason() == Problems.Reason.INVALID ? Level.ERROR : Level.WARNING;
    add(key, open ? UNRESOLVED : UNUSABLE, level, problem.field(), problem.text());
  }

  private void add(RefStatus status) {
    for (RefStatus.Entry entry : status.entries()) {
      for (RefStatus.Condition condition : entry.conditions()) {
        if (!condition.status()) {
          add(
              status.resource().key(),
              UNRESOLVED,
              Level.ERROR,
              "status." + status.list() + "." + condition.type(),
              condition.reason() + ": " + condition.message());
        }
      }
    }
  }

  private void add(ResourceKey key, String code, Level level, String field, String message) {
    findings.add(
        new Finding(
            code,
            level,
            key.kind().kind() + " " + place(key.namespace(), key.name()),
            field,
            message,
            references.getOrDefault(key, "")));
  }

  private void add(
      Document document, String code, Level level, String origin, String field, String message) {
    findings.add(new Finding(code, level, origin, field, message, document.reference()));
  }

  private static String origin(Kind kind, ObjectNode json) {
    return kind.kind()
        + " "
        + place(
            kind.namespaced() ? json.at("/metadata/namespace").asText() : null,
            json.at("/metadata/name").asText());
  }

  private static String place(@Nullable String namespace, String name) {
    return namespace == null || namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
