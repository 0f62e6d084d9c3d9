package io.selvage.smoke.demo;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Every claim, in the order in which they are checked (those that disturb the mesh most come last).
 */
final class Claims {
  private static final Pattern VERSION = Pattern.compile("\"version\":\"(v\\d)\"");

  private Claims() {}

  static List<Claim> all() {
    return List.of(
        new Claim(
            1, "a request crosses all services, no DNS, no code change", CrossingClaims::crosses),
        new Claim(1, "every hop is mTLS: no canary on loopback", CrossingClaims::nothingInTheClear),
        new Claim(1, "each side logs the other's SPIFFE id", CrossingClaims::idsAreLogged),
        new Claim(
            9, "one trace, all hops and the SQL span, parents right", CrossingClaims::oneTrace),
        new Claim(3, "90/10 split over 2,000 requests within 3 sigma", TrafficClaims::split),
        new Claim(
            3, "a new split takes effect in all callers within 1 s", TrafficClaims::splitChanges),
        new Claim(3, "header routing for one user", TrafficClaims::headerRouting),
        new Claim(5, "delay fault as the manifest says (±10 %)", TrafficClaims::delay),
        new Claim(5, "abort fault as the manifest says", TrafficClaims::abort),
        new Claim(5, "route timeout as the manifest says (±10 %)", TrafficClaims::timeout),
        new Claim(
            4,
            "an instance with 503 and a dead one are routed around",
            TrafficClaims::routedAround),
        new Claim(
            4,
            "a one-shot POST is not repeated after bytes were sent",
            TrafficClaims::postNotRepeated),
        new Claim(
            2, "STRICT refuses plaintext on every stack", SecurityClaims::strictRefusesPlaintext),
        new Claim(
            2,
            "STRICT refuses a certificate of another trust domain",
            SecurityClaims::strictRefusesStrangers),
        new Claim(
            2,
            "PERMISSIVE serves both; switching reaches open connections",
            SecurityClaims::switching),
        new Claim(
            6,
            "DENY within 1 s, 403 RBAC: access denied, policy only in the log",
            SecurityClaims::deny),
        new Claim(6, "DENY on gRPC is PERMISSION_DENIED", SecurityClaims::denyGrpc),
        new Claim(
            10,
            "an invalid VirtualService is refused with path and reason",
            ControllerClaims::invalidIsRefused),
        new Claim(8, "controller killed -9: traffic goes on", ControllerClaims::trafficGoesOn),
        new Claim(
            10,
            "one bad resource among good ones in xDS is refused alone",
            ControllerClaims::badResourceAlone),
        new Claim(
            8,
            "a service restarted meanwhile comes back from its snapshot",
            ControllerClaims::restartsFromSnapshot),
        new Claim(
            8,
            "controller back: all agents SYNCED in 10 s, nothing lost",
            ControllerClaims::controllerBack),
        new Claim(
            7,
            "60 s certificates, 100 rps for 4 min: 0 failures, ≥ 6 rotations",
            RotationClaim::rotates));
  }

  /** The version that an answer of reviews names; else its status. */
  static String reviewsVersion(HttpResponse<String> answer) {
    Matcher m = VERSION.matcher(answer.body());
    return answer.statusCode() == 200 && m.find() ? m.group(1) : "status " + answer.statusCode();
  }
}
