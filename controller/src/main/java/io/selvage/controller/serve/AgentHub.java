package io.selvage.controller.serve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Status;
import io.selvage.controller.ca.TrustBundle;
import io.selvage.controller.registry.Registry;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.translate.AgentConfig;
import io.selvage.controller.translate.XdsResource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All open streams: registration, pushes, reports, questions. Thread-safe. */
final class AgentHub implements StreamEvents {
  private static final Logger LOG = LoggerFactory.getLogger(AgentHub.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MAX_OPEN_QUESTIONS = 1_000;
  private final Registry registry;
  private final ConfigSource source;
  private final ServeMetrics metrics;
  private final Map<AgentStream, ObjectNode> streams = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<ObjectNode>> questions = new ConcurrentHashMap<>();

  AgentHub(Registry registry, ConfigSource source, ServeMetrics metrics) {
    this.registry = registry;
    this.source = source;
    this.metrics = metrics;
  }

  private static WorkloadNode nodeOf(AgentStream stream) {
    WorkloadNode node = stream.node();
    if (node == null) {
      throw new IllegalStateException("only introduced streams get here");
    }
    return node;
  }

  @Override
  public AgentConfig opened(AgentStream stream) {
    WorkloadNode node = nodeOf(stream);
    streams.put(stream, JSON.createObjectNode());
    metrics.streams.incrementAndGet();
    registry.opened(stream, node);
    LOG.info("{} connected as {}", node.id(), stream.peer());
    return source.configFor(node);
  }

  @Override
  public void reported(AgentStream stream, Struct report) {
    streams.computeIfPresent(stream, (s, old) -> json(report));
    Value ready = report.getFieldsMap().get("ready");
    registry.reported(stream, ready == null || ready.getBoolValue());
  }

  @Override
  public void answered(AgentStream stream, Struct answer) {
    Value id = answer.getFieldsMap().get("id");
    CompletableFuture<ObjectNode> waiting =
        id == null ? null : questions.get(key(stream, id.getStringValue()));
    if (waiting != null) {
      waiting.complete(json(answer));
    }
  }

  @Override
  public void verdictsChanged(AgentStream stream) {
    Verdicts verdicts = stream.verdicts();
    LOG.info("{} is {}", nodeOf(stream).id(), verdicts.state());
  }

  @Override
  public void closed(AgentStream stream, boolean clean) {
    if (streams.remove(stream) != null) {
      metrics.streams.decrementAndGet();
      registry.closed(stream, clean);
      LOG.info("{} {}", nodeOf(stream).id(), clean ? "said goodbye" : "lost its stream");
    }
  }

  /** Gives every stream its newest configuration; the shared parts are computed once. */
  void push(long since) {
    long start = System.nanoTime();
    for (AgentStream stream : streams.keySet()) {
      try {
        stream.offer(source.configFor(nodeOf(stream)), since);
      } catch (RuntimeException e) {
        LOG.error("[SELV-7303] push to {} failed", nodeOf(stream).id(), e);
      }
    }
    metrics.pushes.increment();
    metrics.lastPushNanos.set(System.nanoTime() - start);
  }

  void cutSlow() {
    long now = System.nanoTime();
    streams.keySet().forEach(s -> s.cutWhenSlow(now));
  }

  /** Ends the streams of those who are refused from now on; their endpoints go with them. */
  void endRevoked(TrustBundle.Revoked revoked) {
    for (AgentStream stream : streams.keySet()) {
      if (stream.isRevoked(revoked)) {
        stream.end(
            Status.UNAUTHENTICATED,
            "[SELV-4141] "
                + stream.peer()
                + " or its certificate is revoked. Fix: 'selvage revoke --lift' accepts it again.");
      }
    }
  }

  /** Workloads that have not confirmed everything they were sent, by SPIFFE id. */
  List<String> behind() {
    return streams.keySet().stream()
        .filter(stream -> stream.verdicts().state().equals("STALE"))
        .map(stream -> stream.peer().toString())
        .sorted()
        .distinct()
        .toList();
  }

  void endAll(String why) {
    streams.keySet().forEach(s -> s.end(Status.UNAVAILABLE, why));
  }

  List<AgentStatus> agents() {
    List<AgentStatus> all = new ArrayList<>();
    streams.forEach(
        (stream, report) -> {
          Verdicts verdicts = stream.verdicts();
          all.add(
              new AgentStatus(
                  nodeOf(stream),
                  stream.peer().toString(),
                  verdicts.state(),
                  stream.connected(),
                  verdicts.rejected(),
                  report));
        });
    all.sort(
        java.util.Comparator.comparing((AgentStatus a) -> a.node().namespace())
            .thenComparing(a -> a.node().service())
            .thenComparing(a -> a.node().version())
            .thenComparing(a -> a.node().id()));
    return all;
  }

  /** Asks the first stream that fits; fails with IllegalArgumentException where none does. */
  CompletableFuture<ObjectNode> ask(
      Predicate<WorkloadNode> whom, ObjectNode question, Duration patience) {
    AgentStream stream =
        streams.keySet().stream().filter(s -> whom.test(nodeOf(s))).findFirst().orElse(null);
    if (stream == null) {
      return CompletableFuture.failedFuture(
          new IllegalArgumentException(
              "[SELV-7320] no connected agent fits the question. Fix: see 'selvage status'."));
    }
    if (questions.size() >= MAX_OPEN_QUESTIONS) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("[SELV-7321] too many open questions. Fix: ask again later."));
    }
    String id = UUID.randomUUID().toString();
    ObjectNode copy = question.deepCopy();
    copy.put("id", id);
    CompletableFuture<ObjectNode> answer = new CompletableFuture<>();
    String key = key(stream, id);
    questions.put(key, answer);
    answer
        .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete(
            (a, thrown) -> {
              questions.remove(key);
              stream.forgetQuestion(id);
            });
    stream.ask(id, XdsResource.of(id, struct(copy)));
    return answer;
  }

  // an answer counts only on the stream that was asked
  private static String key(AgentStream stream, String id) {
    return System.identityHashCode(stream) + "/" + id;
  }

  static ObjectNode json(Struct struct) {
    try {
      JsonNode node = JSON.readTree(JsonFormat.printer().print(struct));
      return node instanceof ObjectNode object ? object : JSON.createObjectNode();
    } catch (InvalidProtocolBufferException | JsonProcessingException | RuntimeException e) {
      return JSON.createObjectNode().put("unreadable", String.valueOf(e.getMessage()));
    }
  }

  static Struct struct(ObjectNode json) {
    try {
      Struct.Builder builder = Struct.newBuilder();
      JsonFormat.parser().merge(json.toString(), builder);
      return builder.build();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("not a JSON object: " + e.getMessage(), e);
    }
  }
}
