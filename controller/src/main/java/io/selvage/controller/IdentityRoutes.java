package io.selvage.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.ca.BundleFetch;
import io.selvage.controller.ca.CodedException;
import io.selvage.controller.ca.Federation;
import io.selvage.controller.ca.MeshAuthority;
import io.selvage.controller.ca.Pem;
import io.selvage.controller.ca.Revocations;
import io.selvage.controller.ca.RootRotation;
import io.selvage.controller.ca.SpiffeBundle;
import io.selvage.controller.ca.TrustBundle;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Locale;

/**
 * {@code /selvage/v1/identity/…}: revocations, rotation of the root, other trust domains, lists of
 * the authority. Who may ask was decided before.
 */
final class IdentityRoutes {
  private final MeshAuthority identities;

  IdentityRoutes(MeshAuthority identities) {
    this.identities = identities;
  }

  /** What {@code subject} is now; null where there is no such subject. */
  @org.jspecify.annotations.Nullable
  JsonNode read(String subject) {
    return switch (subject) {
      case "revocations" -> revocations();
      case "rotation" -> rotation();
      case "federation" -> federation();
      case "bundle" ->
          SpiffeBundle.json(identities.trust().roots(), Instant.now().getEpochSecond());
      default -> null;
    };
  }

  /**
   * Changes {@code subject}; the answer is what it is then.
   *
   * @throws CodedException where it is refused
   */
  @org.jspecify.annotations.Nullable
  JsonNode change(String subject, ObjectNode body, String user) {
    switch (subject) {
      case "revocations" -> revoke(body, user);
      case "rotation" -> rotate(body);
      case "federation" -> federate(body);
      case "crl" -> identities.lists(body.path("pem").asText(""));
      default -> {
        return null;
      }
    }
    return subject.equals("crl") ? rotation() : read(subject);
  }

  private void revoke(ObjectNode body, String user) {
    String what = body.path("spiffeId").asText(body.path("serial").asText(""));
    if (body.path("lift").asBoolean()) {
      identities.revocations().lift(what);
    } else {
      String reason = body.path("reason").asText("");
      identities
          .revocations()
          .revoke(what, reason.substring(0, Math.min(200, reason.length())), user);
    }
  }

  private ObjectNode revocations() {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    ArrayNode all = answer.putArray("revocations");
    identities.revocations().all().forEach(each -> all.add(Revocations.json(each)));
    return answer;
  }

  private void rotate(ObjectNode body) {
    boolean force = body.path("force").asBoolean();
    RootRotation rotation = identities.rotation();
    switch (body.path("step").asText("")) {
      case "add" -> rotation.add();
      case "sign" -> rotation.sign(force);
      case "drop" -> rotation.drop(force);
      case "reload" -> identities.authority().reload();
      default ->
          throw new CodedException(
              "SELV-4163", "step must be add, sign, drop or reload. Fix: 'selvage ca --help'.");
    }
  }

  private ObjectNode rotation() {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    RootRotation.State state = identities.rotation().state();
    answer.put("state", state.name().toLowerCase(Locale.ROOT));
    if (state == RootRotation.State.SIGNING) {
      answer.put("oldLeavesUntil", identities.rotation().oldLeavesUntil().toString());
    }
    ArrayNode roots = answer.putArray("roots");
    for (X509Certificate root : identities.trust().roots()) {
      ObjectNode each = roots.addObject();
      each.put("subject", root.getSubjectX500Principal().getName());
      each.put("pin", TrustBundle.pin(root));
      each.put("notAfter", root.getNotAfter().toInstant().toString());
      each.put("signs", root.equals(identities.authority().root()));
      each.put("pem", Pem.of(root));
    }
    answer.put("revocationLists", identities.authority().lists().size());
    return answer;
  }

  private void federate(ObjectNode body) {
    String domain = body.path("trustDomain").asText("");
    if (body.path("remove").asBoolean()) {
      identities.federation().remove(domain);
    } else if (body.has("url")) {
      identities
          .federation()
          .put(
              domain,
              new BundleFetch.Source(
                  body.path("url").asText(),
                  body.path("caPem").asText(""),
                  body.path("bearer").asText("")));
    } else {
      JsonNode bundle = body.path("bundle");
      identities.federation().put(domain, bundle.isTextual() ? bundle.asText() : bundle.toString());
    }
  }

  private ObjectNode federation() {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    ArrayNode all = answer.putArray("federation");
    identities.federation().all().forEach(each -> all.add(Federation.json(each, false)));
    return answer;
  }
}
