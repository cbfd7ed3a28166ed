import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/**
 * Light write load: one client per server (host:port,host:port,...), each writing once per period.
 * Usage: Load SERVERS SECONDS PERIOD_MS. A client whose session has expired, or that failed, opens a new one.
 */
public class Load {
  public static void main(String[] args) throws Exception {
    String[] servers = args[0].split(",");
    final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.parseLong(args[1]));
    final long period = Long.parseLong(args[2]);
    Thread[] threads = new Thread[servers.length];
    for (int i = 0; i < servers.length; i++) {
      final String server = servers[i];
      final int n = i + 1;
      threads[i] = new Thread(() -> run(server, n, end, period));
      threads[i].start();
    }
    for (Thread t : threads) t.join();
    System.exit(0);
  }

  static void run(String server, int n, long end, long period) {
    String root = "/load-" + n;
    long count = 0;
    while (System.nanoTime() < end) {
      ZooKeeper zk = null;
      try {
        final CountDownLatch connected = new CountDownLatch(1);
        zk = new ZooKeeper(server, 8000, e -> {
          if (e.getState() == KeeperState.SyncConnected) connected.countDown();
        });
        if (!connected.await(5, TimeUnit.SECONDS)) throw new IllegalStateException("not connected");
        if (zk.exists(root, false) == null) create(zk, root);
        while (System.nanoTime() < end) {
          try {
            String path = root + "/n" + (count % 50);
            Stat s = zk.exists(path, false);
            if (s == null) create(zk, path);
            else zk.setData(path, ("v" + count).getBytes("UTF-8"), -1);
            count++;
          } catch (KeeperException.ConnectionLossException e) {
            // The client reconnects by itself.
          }
          Thread.sleep(period);
        }
      } catch (Exception e) {
        System.out.println(server + ": " + e);
        try { Thread.sleep(1000); } catch (InterruptedException i) { return; }
      } finally {
        if (zk != null) try { zk.close(); } catch (InterruptedException e) { return; }
      }
    }
    System.out.println(server + ": " + count + " writes");
  }

  static void create(ZooKeeper zk, String path) throws Exception {
    try {
      zk.create(path, new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
    } catch (KeeperException.NodeExistsException e) {
      // Another try had made it.
    }
  }
}
