import java.io.IOException;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Steady load: Load SECONDS PERIOD_MS. Three threads write a file each period, read one of the last ten and delete the
 * oldest; a fourth appends to a journal of its own with hflush, as HBase does. Errors are counted and gone past.
 */
public class Load {
  static final AtomicLong writes = new AtomicLong(), reads = new AtomicLong(), errors = new AtomicLong();

  interface Step { void run(int round) throws Exception; }

  public static void main(String[] words) throws Exception {
    long end = System.nanoTime() + Long.parseLong(words[0]) * 1_000_000_000L;
    long periodMs = Long.parseLong(words[1]);
    Configuration conf = new Configuration();
    conf.setBoolean("dfs.client.block.write.replace-datanode-on-failure.best-effort", true);
    conf.setBoolean("dfs.client.use.datanode.hostname", false);
    FileSystem fs = FileSystem.get(conf);
    String base = "/load/" + System.currentTimeMillis();
    for (int t = 0; t < 3; t++) {
      Path folder = new Path(base, "files-" + t);
      Random random = new Random(t);
      start(end, periodMs, round -> {
        write(fs, new Path(folder, "part-" + round), 1_500_000);
        if (round >= 10) fs.delete(new Path(folder, "part-" + (round - 10)), false);
        read(fs, new Path(folder, "part-" + (round - random.nextInt(Math.min(10, round + 1)))));
      });
    }
    start(end, 0, round -> {
      Path path = new Path(base, "journal." + round);
      try (FSDataOutputStream out = fs.create(path, true)) {
        byte[] record = new byte[4096];
        for (int i = 0; i < 150 && System.nanoTime() < end; i++) {
          out.write(record);
          out.hflush();
          Thread.sleep(100);
        }
      }
      if (round >= 2) fs.delete(new Path(base, "journal." + (round - 2)), false);
    });
    long last = 0;
    while (System.nanoTime() < end) {
      Thread.sleep(1000);
      System.out.println(System.currentTimeMillis() + " writes " + writes + " reads " + reads + " errors " + errors);
    }
    System.exit(0);
  }

  static void start(long end, long periodMs, Step step) {
    Thread thread = new Thread(() -> {
      for (int round = 0; System.nanoTime() < end; round++) {
        try {
          step.run(round);
          Thread.sleep(periodMs);
        } catch (Exception e) {
          errors.incrementAndGet();
          System.err.println("round " + round + ": " + e);
          try { Thread.sleep(500); } catch (InterruptedException interrupted) { return; }
        }
      }
    });
    thread.setDaemon(true);
    thread.start();
  }

  static void write(FileSystem fs, Path path, int length) throws IOException {
    byte[] chunk = new byte[65536];
    try (FSDataOutputStream out = fs.create(path, true)) {
      for (int done = 0; done < length; done += chunk.length) out.write(chunk);
      out.hsync();
    }
    writes.incrementAndGet();
  }

  static void read(FileSystem fs, Path path) throws IOException {
    if (!fs.exists(path)) return;
    byte[] chunk = new byte[65536];
    try (FSDataInputStream in = fs.open(path)) { while (in.read(chunk) > 0) {} }
    reads.incrementAndGet();
  }
}
