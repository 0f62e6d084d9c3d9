package io.selvage.controller.ca;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trust domains of others whose peers are let in, each by the roots of its own bundle alone; kept
 * in {@code federation.json}. Thread-safe.
 *
 * <p>A bundle is given once (static) or fetched again and again by HTTPS. A fetch that fails keeps
 * the last good bundle.
 */
public final class Federation {
  private static final Logger LOG = LoggerFactory.getLogger(Federation.class);
  private static final String FILE = "federation.json";
  private static final Pattern DOMAIN = Pattern.compile("[a-z0-9][a-z0-9._-]{0,254}");
  private static final int MAX = 100;
  private static final Duration REFRESH = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();
  private final PrivateFolder folder;
  private final String ownDomain;
  private final BundleFetch fetch;
  private final Clock clock;
  private final Map<String, Member> members = new LinkedHashMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /**
   * A trust domain of others.
   *
   * @param bundle its document; empty before the first fetch
   * @param source where it is fetched; null = it is static
   * @param error of the last fetch; empty when it went well
   */
  public record Member(
      String trustDomain,
      String bundle,
      BundleFetch.@Nullable Source source,
      Instant refreshed,
      String error) {
    List<X509Certificate> roots() {
      return bundle.isEmpty() ? List.of() : SpiffeBundle.roots(bundle);
    }
  }

  private Federation(PrivateFolder folder, String ownDomain, BundleFetch fetch, Clock clock) {
    this.folder = folder;
    this.ownDomain = ownDomain;
    this.fetch = fetch;
    this.clock = clock;
  }

  /**
   * Opens what is kept in {@code folder}.
   *
   * @throws CodedException SELV-4172 where the file is damaged
   */
  public static Federation open(
      PrivateFolder folder, String ownDomain, BundleFetch fetch, Clock clock) {
    Federation federation = new Federation(folder, ownDomain, fetch, clock);
    if (folder.has(FILE)) {
      federation.read(folder.readSecret(FILE));
    }
    return federation;
  }

  /** Calls {@code listener} after each change, on the changing thread. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /** All, by name of the domain. */
  public synchronized List<Member> all() {
    return new ArrayList<>(members.values());
  }

  /** Roots by domain; domains without a bundle yet are left out. */
  public synchronized Map<String, List<X509Certificate>> roots() {
    Map<String, List<X509Certificate>> roots = new LinkedHashMap<>();
    members.forEach(
        (domain, member) -> {
          if (!member.roots().isEmpty()) {
            roots.put(domain, member.roots());
          }
        });
    return roots;
  }

  /**
   * Lets a domain in by a bundle that somebody brought; replaces what was known of it.
   *
   * @throws CodedException SELV-4170 no bundle, SELV-4171 no domain, or our own
   */
  public Member put(String domain, String bundle) {
    check(domain);
    SpiffeBundle.roots(bundle);
    return keep(new Member(domain, bundle, null, clock.instant(), ""));
  }

  /**
   * Lets a domain in by a bundle that is fetched now and then.
   *
   * @throws CodedException SELV-4170 no bundle, SELV-4171 no domain, or our own, SELV-4173 it
   *     cannot be fetched; nothing is changed then
   */
  public Member put(String domain, BundleFetch.Source source) {
    check(domain);
    String bundle = fetch.fetch(source);
    SpiffeBundle.roots(bundle);
    return keep(new Member(domain, bundle, source, clock.instant(), ""));
  }

  /**
   * Trusts a domain no longer.
   *
   * @throws CodedException SELV-4171 where it is not known
   */
  public void remove(String domain) {
    synchronized (this) {
      Member gone = members.remove(domain);
      if (gone == null) {
        throw new CodedException(
            "SELV-4171", "'" + domain + "' is not federated. Fix: 'selvage federation list'.");
      }
      save();
    }
    listeners.forEach(Runnable::run);
  }

  private Member keep(Member member) {
    synchronized (this) {
      if (members.size() >= MAX && !members.containsKey(member.trustDomain())) {
        throw new CodedException("SELV-4171", "there are " + MAX + " domains. Fix: remove one.");
      }
      members.put(member.trustDomain(), member);
      save();
    }
    listeners.forEach(Runnable::run);
    return member;
  }

  private void check(String domain) {
    if (!DOMAIN.matcher(domain).matches() || domain.equals(ownDomain)) {
      throw new CodedException(
          "SELV-4171",
          "'"
              + domain
              + "' cannot be federated: it is "
              + (domain.equals(ownDomain) ? "our own domain" : "no trust domain")
              + ". Fix: name the trust domain of the other mesh.");
    }
  }

  /** Fetches what is due; call it every few seconds. Blocks for the time-out of a fetch at most. */
  public void refresh() {
    for (Member member : all()) {
      BundleFetch.Source source = member.source();
      if (source != null && clock.instant().isAfter(member.refreshed().plus(REFRESH))) {
        refresh(member, source);
      }
    }
  }

  private void refresh(Member member, BundleFetch.Source source) {
    String bundle = member.bundle();
    String error = "";
    try {
      bundle = fetch.fetch(source);
      SpiffeBundle.roots(bundle);
    } catch (CodedException failed) {
      bundle = member.bundle();
      error = String.valueOf(failed.getMessage());
      LOG.warn("{} (federation {}; the last good bundle stays)", error, member.trustDomain());
    }
    Member next = new Member(member.trustDomain(), bundle, source, clock.instant(), error);
    synchronized (this) {
      if (members.get(member.trustDomain()) != member) {
        return;
      }
      members.put(member.trustDomain(), next);
      save();
    }
    if (!next.roots().equals(member.roots())) {
      listeners.forEach(Runnable::run);
    }
  }

  private void save() {
    ArrayNode all = JSON.createArrayNode();
    members.values().forEach(member -> all.add(json(member, true)));
    folder.write(FILE, all.toString());
  }

  /** The form of the API and, with {@code whole}, of the file. */
  public static ObjectNode json(Member member, boolean whole) {
    ObjectNode node = JSON.createObjectNode();
    node.put("trustDomain", member.trustDomain());
    node.put("roots", member.roots().size());
    node.put("refreshed", member.refreshed().toString());
    BundleFetch.Source source = member.source();
    if (source != null) {
      node.put("url", source.url());
      if (whole) {
        node.put("caPem", source.caPem()).put("bearer", source.bearer());
      }
    }
    if (whole) {
      node.put("bundle", member.bundle());
    }
    return node.put("error", member.error());
  }

  private void read(String text) {
    try {
      for (JsonNode node : JSON.readTree(text)) {
        Member member =
            new Member(
                node.path("trustDomain").asText(),
                node.path("bundle").asText(),
                node.has("url")
                    ? new BundleFetch.Source(
                        node.path("url").asText(),
                        node.path("caPem").asText(),
                        node.path("bearer").asText())
                    : null,
                Instant.parse(node.path("refreshed").asText()),
                node.path("error").asText());
        check(member.trustDomain());
        member.roots();
        members.put(member.trustDomain(), member);
      }
    } catch (JsonProcessingException | CodedException | java.time.DateTimeException e) {
      throw new CodedException(
          "SELV-4172",
          FILE + " cannot be read; " + e.getMessage() + ". Fix: restore it, or remove it.",
          e);
    }
  }
}
