package io.selvage.identity.web;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which addresses the agent's own calls may go to: not to this machine, not to the link, not to the
 * metadata services of clouds (server-side request forgery, as CVE-2026-41413), unless the operator
 * names them. Immutable.
 */
public final class AddressGuard {
  /** Metadata services outside the link's range. */
  private static final Set<String> METADATA =
      Set.of("100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2:0:0:0:0:0:254");

  private final List<String> allowed;

  /**
   * @param allowed host names and addresses that are called though they would be refused
   */
  public AddressGuard(List<String> allowed) {
    this.allowed = allowed.stream().map(a -> a.strip().toLowerCase(Locale.ROOT)).toList();
  }

  /** Whether a host with this address may be called. */
  public boolean allows(String host, InetAddress address) {
    String name = host.toLowerCase(Locale.ROOT);
    return allowed.contains(name)
        || allowed.contains(address.getHostAddress())
        || !isForbidden(address);
  }

  private static boolean isForbidden(InetAddress address) {
    InetAddress plain = embedded(address);
    return plain.isLoopbackAddress()
        || plain.isAnyLocalAddress()
        || plain.isLinkLocalAddress()
        || plain.isMulticastAddress()
        || METADATA.contains(withoutZone(plain.getHostAddress()))
        || (plain instanceof Inet4Address && (plain.getAddress()[0] == 0));
  }

  private static String withoutZone(String address) {
    int zone = address.indexOf('%');
    return zone < 0 ? address : address.substring(0, zone);
  }

  /** The IPv4 address inside an IPv4-compatible, 6to4 (RFC 3056) or NAT64 (RFC 6052) one. */
  private static InetAddress embedded(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address;
    }
    byte[] bytes = address.getAddress();
    int at = -1;
    boolean zeros = true;
    for (int i = 0; i < 12; i++) {
      zeros &= bytes[i] == 0;
    }
    if (zeros && !address.isLoopbackAddress() && !address.isAnyLocalAddress()) {
      at = 12;
    } else if (bytes[0] == 0x20 && bytes[1] == 0x02) {
      at = 2;
    } else if (bytes[0] == 0
        && bytes[1] == 0x64
        && bytes[2] == (byte) 0xff
        && bytes[3] == (byte) 0x9b) {
      at = 12;
    }
    if (at < 0) {
      return address;
    }
    try {
      return InetAddress.getByAddress(java.util.Arrays.copyOfRange(bytes, at, at + 4));
    } catch (UnknownHostException impossible) {
      return address;
    }
  }
}
