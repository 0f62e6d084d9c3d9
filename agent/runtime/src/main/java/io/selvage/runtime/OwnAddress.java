package io.selvage.runtime;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;

/** The address under which the other workloads of the mesh reach this machine. */
final class OwnAddress {
  private static final String LOOPBACK = "127.0.0.1";

  private OwnAddress() {}

  /**
   * The local end of the way to the controller: a mesh on one machine stays on loopback.
   *
   * @param controllers as the setting says; empty = loopback
   */
  static String guess(String controllers) {
    if (controllers.isEmpty()) {
      return LOOPBACK;
    }
    String first = controllers.split(",")[0].strip();
    int colon = first.lastIndexOf(':');
    String host = colon > 0 ? first.substring(0, colon) : first;
    // no packet is sent: connecting a datagram socket only asks for the route
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(InetAddress.getByName(host), 15012));
      InetAddress local = socket.getLocalAddress();
      return local.isAnyLocalAddress() ? LOOPBACK : local.getHostAddress();
    } catch (SocketException | UnknownHostException | java.io.UncheckedIOException unroutable) {
      return LOOPBACK;
    }
  }
}
