package io.selvage.differential;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Upstream hosts on real sockets of loopback addresses; all follow one script. */
final class ScriptedUpstream implements AutoCloseable {
  private final int port;
  private final Map<String, ServerSocket> hosts = new ConcurrentHashMap<>();
  private final Map<String, List<Received>> received = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
  private final Map<String, Set<Socket>> connections = new ConcurrentHashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Script script = Script.OK;

  /**
   * @param port of all hosts
   */
  ScriptedUpstream(int port) {
    this.port = port;
  }

  /** Opens a host; returns its address and port. */
  String open(String address) {
    String host = address + ":" + port;
    try {
      ServerSocket server = new ServerSocket();
      server.setReuseAddress(true);
      server.bind(new InetSocketAddress(InetAddress.getByName(address), port), 256);
      hosts.put(host, server);
      daemon("upstream " + host, () -> accept(host, server));
      return host;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** From now on connections to a host are refused; those that are open are reset. */
  void shut(String host) {
    ServerSocket server = hosts.remove(host);
    if (server != null) {
      quietly(server);
    }
    for (Socket socket : connections.getOrDefault(host, Set.of())) {
      reset(socket);
    }
  }

  void script(Script next) {
    script = next;
    counts.clear();
  }

  /** What was received of a call so far, mirrored copies included. */
  List<Received> of(String id) {
    List<Received> all = received.get(id);
    if (all == null) {
      return List.of();
    }
    synchronized (all) {
      return List.copyOf(all);
    }
  }

  /** How many requests were received in all. */
  int total() {
    return received.values().stream().mapToInt(List::size).sum();
  }

  /** How many connections to a host are open now. */
  int connections(String host) {
    return connections.getOrDefault(host, Set.of()).size();
  }

  void forget() {
    received.clear();
    counts.clear();
  }

  private void accept(String host, ServerSocket server) {
    Set<Socket> open = connections.computeIfAbsent(host, h -> ConcurrentHashMap.newKeySet());
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        open.add(socket);
        daemon(
            "connection of " + host,
            () -> {
              try (socket) {
                serve(host, socket);
              } catch (IOException gone) {
                // the caller went away
              } finally {
                open.remove(socket);
              }
            });
      } catch (IOException shut) {
        return;
      }
    }
  }

  private void serve(String host, Socket socket) throws IOException {
    BufferedInputStream in = new BufferedInputStream(socket.getInputStream());
    for (Wire.Message m = Wire.read(in, false); m != null; m = Wire.read(in, false)) {
      Received request = received(host, m);
      String id = request.id();
      List<Received> all = received.computeIfAbsent(id, i -> new ArrayList<>());
      synchronized (all) {
        all.add(request);
      }
      int nth = counts.computeIfAbsent(id, i -> new AtomicInteger()).getAndIncrement();
      if (!answer(script.answer(request, nth), request.method().equals("HEAD"), in, socket)) {
        return;
      }
    }
  }

  private boolean answer(Answer answer, boolean head, BufferedInputStream in, Socket socket)
      throws IOException {
    pause(answer);
    switch (answer.kind()) {
      case RESET -> {
        reset(socket);
        return false;
      }
      case HANG -> {
        return in.read() >= 0;
      }
      case CUT -> {
        String body = answer.body();
        socket.getOutputStream().write(response(answer, body + body, body));
        socket.getOutputStream().flush();
        pause(answer.after(java.time.Duration.ofMillis(20)));
        reset(socket);
        return false;
      }
      case RESPOND ->
          socket
              .getOutputStream()
              .write(response(answer, answer.body(), head ? "" : answer.body()));
    }
    return true;
  }

  /** Waits, but no longer than this upstream is open. */
  private void pause(Answer answer) {
    if (answer.after().isZero()) {
      return;
    }
    try {
      var unused = closed.await(answer.after().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private static byte[] response(Answer answer, String announced, String body) {
    List<Header> headers = new ArrayList<>(answer.headers());
    if (answer.status() != 204 && answer.status() != 304) {
      int length = announced.getBytes(StandardCharsets.ISO_8859_1).length;
      headers.add(new Header("content-length", "" + length));
    }
    return Wire.write("HTTP/1.1 " + answer.status() + " Scripted", headers, body);
  }

  private static Received received(String host, Wire.Message message) {
    String[] line = message.line().split(" ");
    List<Header> headers = new ArrayList<>(message.headers());
    headers.removeIf(h -> h.name().equals("host"));
    String authority = message.header("host");
    return new Received(host, line[0], line[1], authority == null ? "" : authority, headers);
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException already) {
      // closed
    }
  }

  private static void quietly(AutoCloseable what) {
    try {
      what.close();
    } catch (Exception already) {
      // closed
    }
  }

  private static void daemon(String name, Runnable run) {
    Thread thread = new Thread(run, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    closed.countDown();
    List.copyOf(hosts.keySet()).forEach(this::shut);
    connections.values().forEach(all -> all.forEach(ScriptedUpstream::reset));
  }
}
