import java.util.ArrayList;
import java.util.List;

/**
 * A Java agent that is loaded into a running node and takes most of its heap for a while, as a runaway query
 * would: small linked objects, so that each collection has much to mark and to move. Argument: "PERCENT,SECONDS";
 * "0,0" ends it early.
 */
public class HeapPressure {
  private static List<Object> held;
  private static volatile boolean ended;

  public static void agentmain(String argument) {
    String[] words = argument.split(",");
    long percent = Long.parseLong(words[0]);
    long end = System.nanoTime() + Long.parseLong(words[1]) * 1_000_000_000L;
    ended = percent == 0;
    if (ended) return;
    Thread thread = new Thread(() -> run(percent, end), "heap-pressure");
    thread.setDaemon(true);
    thread.start();
  }

  private static void run(long percent, long end) {
    Runtime runtime = Runtime.getRuntime();
    long limit = runtime.maxMemory() / 100 * percent;
    held = new ArrayList<>();
    int next = 0;
    try {
      while (!ended && System.nanoTime() < end) {
        if (runtime.totalMemory() - runtime.freeMemory() < limit) {
          for (int i = 0; i < 2000; i++) held.add(new Object[] {new byte[48], new int[4], held.size()});
        } else {
          // Replace old objects by young ones: old regions go stale and must be collected again and again.
          for (int i = 0; i < 4000 && !held.isEmpty(); i++) {
            next = (next + 7919) % held.size();
            held.set(next, new Object[] {new byte[48], new int[4], next});
          }
          Thread.sleep(1);
        }
      }
    } catch (InterruptedException e) {
      // Ends early.
    } finally {
      held = null;
    }
  }
}
