package shop;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;

/** An application that calls what is woven. */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    System.out.println(new Library().greet("bob"));
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var socket = new Socket()) {
      socket.connect(InetSocketAddress.createUnresolved("mesh.test", server.getLocalPort()), 5000);
      System.out.println("connected " + socket.isConnected());
    } catch (UnknownHostException e) {
      System.out.println("unknown host");
    }
  }
}
