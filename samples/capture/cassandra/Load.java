import com.datastax.driver.core.*;
import com.datastax.driver.core.policies.*;
import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Steady writes and reads with three replicas and quorum: one client per node (address,address,...), each making one
 * write and one read per period, with that node as the coordinator.
 * Load ADDRESSES SECONDS PERIOD_MS [ROWS]; with ROWS it writes so many rows of 1 kB as fast as it can, and ends.
 */
public class Load {
  static final String KEYSPACE =
      "CREATE KEYSPACE IF NOT EXISTS load WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}";
  static final String TABLE = "CREATE TABLE IF NOT EXISTS load.rows (id int PRIMARY KEY, value blob)";
  static final int KEYS = 20000;

  public static void main(String[] args) throws Exception {
    String[] addresses = args[0].split(",");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.parseLong(args[1]));
    long period = Long.parseLong(args[2]);
    int rows = args.length > 3 ? Integer.parseInt(args[3]) : 0;
    prepare(addresses, end);
    Thread[] threads = new Thread[rows > 0 ? 1 : addresses.length];
    for (int i = 0; i < threads.length; i++) {
      String address = addresses[i];
      threads[i] = new Thread(() -> {
        while (System.nanoTime() < end) {
          try {
            if (run(address, end, period, rows)) return;
          } catch (Exception e) {
            System.out.println(address + ": " + e);
          }
          try { Thread.sleep(1000); } catch (InterruptedException e) { return; }
        }
      });
      threads[i].start();
    }
    for (Thread thread : threads) thread.join();
    System.exit(0);
  }

  static Cluster connect(String address) {
    LoadBalancingPolicy only = new WhiteListPolicy(
        new RoundRobinPolicy(), Collections.singleton(new InetSocketAddress(address, 9042)));
    return Cluster.builder().addContactPoint(address).withLoadBalancingPolicy(only)
        .withReconnectionPolicy(new ConstantReconnectionPolicy(500)).withoutJMXReporting().withoutMetrics()
        .withSocketOptions(new SocketOptions().setConnectTimeoutMillis(2000).setReadTimeoutMillis(6000)).build();
  }

  static void prepare(String[] addresses, long end) throws Exception {
    for (int i = 0; System.nanoTime() < end; i++) {
      try (Cluster cluster = connect(addresses[i % addresses.length]); Session session = cluster.connect()) {
        if (cluster.getMetadata().getKeyspace("load") == null) session.execute(KEYSPACE);
        session.execute(TABLE);
        return;
      } catch (Exception e) {
        System.out.println("schema: " + e);
        Thread.sleep(1000);
      }
    }
  }

  /** True when all rows are written or the time is over; throws when no connection can be had. */
  static boolean run(String address, long end, long period, int rows) throws Exception {
    AtomicLong done = new AtomicLong();
    AtomicLong failed = new AtomicLong();
    Semaphore inFlight = new Semaphore(rows > 0 ? 32 : 128);
    Random random = new Random(42);
    try (Cluster cluster = connect(address); Session session = cluster.connect()) {
      PreparedStatement write = session.prepare("INSERT INTO load.rows (id, value) VALUES (?, ?)");
      PreparedStatement read = session.prepare("SELECT value FROM load.rows WHERE id = ?");
      FutureCallback<ResultSet> callback = new FutureCallback<ResultSet>() {
        public void onSuccess(ResultSet result) { inFlight.release(); done.incrementAndGet(); }
        public void onFailure(Throwable cause) { inFlight.release(); failed.incrementAndGet(); }
      };
      for (int i = 0; System.nanoTime() < end && (rows == 0 || i < rows); i++) {
        byte[] value = new byte[rows > 0 ? 1024 : 256];
        random.nextBytes(value);
        int key = rows > 0 ? KEYS + i : random.nextInt(KEYS);
        send(session, inFlight, callback, write.bind(key, ByteBuffer.wrap(value)));
        if (rows > 0) continue;
        send(session, inFlight, callback, read.bind(random.nextInt(KEYS)));
        Thread.sleep(period);
      }
      inFlight.tryAcquire(32, 10, TimeUnit.SECONDS);
    } finally {
      System.out.println(address + ": " + done + " done, " + failed + " failed");
    }
    return true;
  }

  static void send(Session session, Semaphore inFlight, FutureCallback<ResultSet> callback, Statement statement)
      throws InterruptedException {
    // A node that answers nothing holds up its own client for a while, not the others.
    if (!inFlight.tryAcquire(2, TimeUnit.SECONDS)) return;
    statement.setConsistencyLevel(ConsistencyLevel.QUORUM);
    Futures.addCallback(session.executeAsync(statement), callback, MoreExecutors.directExecutor());
  }
}
