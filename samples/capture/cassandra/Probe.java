import java.util.List;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * Probe N [SECONDS]: ends with 0 once the Cassandra node of this network namespace is NORMAL, serves clients, and
 * holds N nodes (itself among them) to be up and none to be down; with 1 when that has not come within SECONDS.
 */
public class Probe {
  public static void main(String[] args) throws Exception {
    int wanted = Integer.parseInt(args[0]);
    long end = System.nanoTime() + 1_000_000_000L * (args.length > 1 ? Long.parseLong(args[1]) : 0);
    String last;
    do {
      last = look(wanted);
      if (last == null) System.exit(0);
      Thread.sleep(300);
    } while (System.nanoTime() < end);
    System.err.println(last);
    System.exit(1);
  }

  /** Null when all is well, else what is amiss. */
  static String look(int wanted) {
    try (JMXConnector connector = JMXConnectorFactory.connect(
        new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:7199/jmxrmi"))) {
      MBeanServerConnection server = connector.getMBeanServerConnection();
      ObjectName service = new ObjectName("org.apache.cassandra.db:type=StorageService");
      Object mode = server.getAttribute(service, "OperationMode");
      List<?> live = (List<?>) server.getAttribute(service, "LiveNodes");
      List<?> down = (List<?>) server.getAttribute(service, "UnreachableNodes");
      Object serves = server.getAttribute(service, "NativeTransportRunning");
      boolean well = "NORMAL".equals(mode) && live.size() == wanted && down.isEmpty() && Boolean.TRUE.equals(serves);
      return well ? null : mode + ", up " + live + ", down " + down + ", serves clients: " + serves;
    } catch (Exception e) {
      return String.valueOf(e);
    }
  }
}
