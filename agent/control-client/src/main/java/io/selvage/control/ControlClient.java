package io.selvage.control;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one ADS stream to one of the controllers, for as long as the agent lives: opens it when
 * there is an identity, opens it again after it broke, publishes what it brings, reports and
 * answers.
 *
 * <p>Public methods: any thread.
 */
public final class ControlClient implements AutoCloseable {
  private static final long REPORT_SECONDS = 30;
  private static final long REPORT_PAUSE_MILLIS = 1_000;
  private static final long IDENTITY_MILLIS = 100;
  private static final long OUTAGE_LINE_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final List<ControlAddress> addresses;
  private final Supplier<@Nullable ControlNode> node;
  private final Function<ControlAddress, SSLSocketFactory> tls;
  private final ControlThreads threads;
  private final ControlEvents events;
  private final ResourceStore store = new ResourceStore();
  private final Publisher publisher;
  private final @Nullable SnapshotFile snapshot;
  private final Backoff backoff = new Backoff(() -> ThreadLocalRandom.current().nextDouble());
  private final CountDownLatch configured = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ScheduledExecutorService control;
  private volatile ControlState state =
      new ControlState(false, "", ControlState.Source.NONE, 0, List.of(), List.of());
  private @Nullable ManagedChannel channel;
  private @Nullable AdsStream stream;
  private @Nullable ScheduledFuture<?> reportDue;
  private int turn;
  private boolean answered;
  private boolean closing;
  private boolean draining;
  private long outageSince;
  private long lineAt;

  /**
   * @param addresses tried in turn
   * @param node who asks; null while there is no identity
   * @param tls TLS to a controller, with the workload's certificate
   * @param snapshot null = none is kept
   */
  public ControlClient(
      List<ControlAddress> addresses,
      Supplier<@Nullable ControlNode> node,
      Function<ControlAddress, SSLSocketFactory> tls,
      ControlThreads threads,
      @Nullable SnapshotFile snapshot,
      ControlEvents events) {
    this.addresses = List.copyOf(addresses);
    this.node = node;
    this.tls = tls;
    this.threads = threads;
    this.snapshot = snapshot;
    this.events = events;
    control = threads.control();
    publisher = new Publisher(store, control, events);
    publisher.watch(this::published, this::stillMissing);
  }

  /**
   * Puts the last good configuration into force, from its file. Call before {@link #start}.
   *
   * @return whether there was one
   */
  public boolean restore() {
    SnapshotFile file = snapshot;
    if (file == null || !file.read(store)) {
      return false;
    }
    publisher.now();
    state =
        new ControlState(
            false,
            "",
            ControlState.Source.SNAPSHOT,
            System.nanoTime(),
            List.of(),
            publisher.warnings());
    return true;
  }

  /** Begins; returns at once. */
  public void start() {
    execute(this::connect);
    control.scheduleWithFixedDelay(
        this::reportNow, REPORT_SECONDS, REPORT_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * Waits until a configuration came from a controller, or, with one from the snapshot, until it is
   * clear that none comes soon. False = neither within the time.
   */
  public boolean awaitConfiguration(Duration most) throws InterruptedException {
    return configured.await(most.toMillis(), TimeUnit.MILLISECONDS);
  }

  public ControlState state() {
    return state;
  }

  /** Something that reports tell has changed. */
  public void reportSoon() {
    execute(
        () -> {
          if (reportDue == null && !draining) {
            reportDue =
                control.schedule(this::reportNow, REPORT_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
          }
        });
  }

  private Set<String> stillMissing() {
    AdsStream current = stream;
    Set<String> missing =
        ConfigAssembly.missing(store, current == null ? Set.of() : current.absent());
    if (current != null && !current.hasNames()) {
      missing.add("(names)");
    }
    return missing;
  }

  private void execute(Runnable work) {
    try {
      control.execute(work);
    } catch (RejectedExecutionException stopped) {
      // the agent is closing
    }
  }

  private void connect() {
    if (closing || stream != null) {
      return;
    }
    ControlNode who = node.get();
    if (who == null) {
      control.schedule(this::connect, IDENTITY_MILLIS, TimeUnit.MILLISECONDS);
      return;
    }
    ControlAddress address = addresses.get(turn % addresses.size());
    try {
      ManagedChannel to = ControlChannel.open(address, tls.apply(address), threads);
      AdsStream opened = new AdsStream(who, store, control, new Ends(address));
      channel = to;
      stream = opened;
      answered = false;
      opened.open(to);
      opened.report(events.report());
    } catch (RuntimeException failed) {
      lost(address, Status.fromThrowable(failed));
    }
  }

  private final class Ends implements AdsStream.Events {
    private final ControlAddress address;

    Ends(ControlAddress address) {
      this.address = address;
    }

    @Override
    public void changed() {
      if (!answered) {
        answered = true;
        backoff.reset();
        if (lineAt != 0) {
          events.log(
              "INFO ["
                  + ControlCodes.CONNECTED
                  + "] (Controller "
                  + address
                  + ") connected again after "
                  + seconds(outageSince)
                  + " s");
        }
        outageSince = 0;
        lineAt = 0;
      }
      now(true, address);
      AdsStream current = stream;
      if (current != null && current.hasBeenAnswered()) {
        publisher.soon();
      }
    }

    @Override
    public void refused(ResourceType type, List<String> reasons) {
      for (String reason : reasons) {
        events.log(
            "WARN ["
                + ControlCodes.REFUSED
                + "] ("
                + type
                + " "
                + reason.replaceFirst(": ", ") refused, the last good version stays in force; ")
                + ". Fix: correct the resource that it comes from");
      }
      reportSoon();
    }

    @Override
    public void asked(Map<String, Object> question) {
      Object id = question.get("id");
      AdsStream current = stream;
      if (id == null || current == null) {
        return;
      }
      Map<String, Object> answer = new java.util.LinkedHashMap<>();
      answer.put("id", id);
      answer.putAll(events.answer(question));
      current.answer(answer);
    }

    @Override
    public void ended(Status status) {
      lost(address, status);
    }
  }

  private void now(boolean connected, ControlAddress address) {
    ControlState before = state;
    state =
        new ControlState(
            connected,
            address.toString(),
            before.source(),
            before.configuredAtNanos(),
            store.refusals(),
            before.warnings());
  }

  private void published() {
    SnapshotFile file = snapshot;
    AdsStream current = stream;
    if (current == null) {
      return;
    }
    ControlState before = state;
    state =
        new ControlState(
            before.connected(),
            before.controller(),
            ControlState.Source.CONTROLLER,
            System.nanoTime(),
            store.refusals(),
            publisher.warnings());
    configured.countDown();
    if (file != null) {
      file.writeSoon(store, control);
    }
  }

  private void lost(ControlAddress address, Status status) {
    ManagedChannel broken = channel;
    channel = null;
    stream = null;
    if (broken != null) {
      broken.shutdownNow();
    }
    now(false, address);
    if (closing) {
      closed.countDown();
      return;
    }
    if (state.source() == ControlState.Source.SNAPSHOT) {
      // there is a configuration, and no better one to wait for
      configured.countDown();
    }
    long now = System.nanoTime();
    if (outageSince == 0) {
      outageSince = now;
    }
    if (lineAt == 0 || now - lineAt > OUTAGE_LINE_NANOS) {
      lineAt = now;
      events.log(line(address, status));
    }
    turn++;
    control.schedule(this::connect, backoff.next().toMillis(), TimeUnit.MILLISECONDS);
  }

  private String line(ControlAddress address, Status status) {
    String description = status.getDescription() == null ? "" : " " + status.getDescription();
    Throwable cause = status.getCause();
    while (cause != null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String why =
        status.getCode() + description + (cause == null ? "" : " (" + cause.getMessage() + ")");
    if (status.getCode() == Status.Code.PERMISSION_DENIED
        || status.getCode() == Status.Code.UNAUTHENTICATED) {
      return "WARN ["
          + ControlCodes.DENIED
          + "] (Controller "
          + address
          + ") it refuses this agent; "
          + why
          + ". Fix: namespace and service account must be those of the certificate";
    }
    String instead =
        state.source() == ControlState.Source.NONE
            ? "there is no configuration"
            : "the last good configuration stays in force";
    return "WARN ["
        + ControlCodes.LOST
        + "] (Controller "
        + address
        + ") no stream; "
        + why
        + "; "
        + instead
        + ", it is tried again. Fix: see that the controller runs and SELVAGE_CONTROLLER names it";
  }

  private static long seconds(long since) {
    return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - since);
  }

  private void reportNow() {
    reportDue = null;
    AdsStream current = stream;
    if (current != null) {
      try {
        current.report(events.report());
      } catch (RuntimeException bug) {
        // the next report is due in half a minute; the schedule must live on
        events.log(
            "WARN [" + ControlCodes.LOST + "] (Report) not sent; " + bug + ". Fix: report it");
      }
    }
  }

  /**
   * Says goodbye to the controller, so that nobody is sent here any more. A last report goes out
   * first; then the stream is closed from this side.
   *
   * @param most how long to wait for the controller's answer
   */
  public void drain(Duration most) {
    execute(
        () -> {
          draining = true;
          reportNow();
          closing = true;
          AdsStream current = stream;
          if (current == null) {
            closed.countDown();
          } else {
            current.close();
          }
        });
    try {
      var unused = closed.await(most.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException hurry) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    execute(
        () -> {
          closing = true;
          ManagedChannel open = channel;
          if (open != null) {
            open.shutdownNow();
          }
        });
  }
}
