package bookinfo.ratings;

import io.grpc.Server;
import io.grpc.ServerBuilder;
import java.io.File;
import java.nio.file.Files;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.http2.Http2Protocol;

/** Ratings from a SQL database, over HTTP (embedded Tomcat) and gRPC (Netty). */
public final class Ratings {
  public static void main(String[] args) throws Exception {
    if (args.length > 0 && args[0].equals("db")) {
      Database.serve(Integer.parseInt(System.getenv().getOrDefault("DB_PORT", "9092")));
      return;
    }
    int port = Integer.parseInt(System.getenv().getOrDefault("SERVER_PORT", "9080"));
    int grpcPort = Integer.parseInt(System.getenv().getOrDefault("GRPC_PORT", "9090"));
    Store store = new Store(System.getenv().getOrDefault("JDBC_URL", "jdbc:h2:tcp://ratings-db:9092/mem:ratings"));
    Server grpc = ServerBuilder.forPort(grpcPort).addService(new GrpcRatings(store)).build().start();
    File base = Files.createTempDirectory("ratings").toFile();
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(base.getPath());
    tomcat.setPort(port);
    tomcat.getConnector().addUpgradeProtocol(new Http2Protocol());
    Context context = tomcat.addContext("", base.getPath());
    Tomcat.addServlet(context, "ratings", new HttpRatings(store)).setAsyncSupported(true);
    context.addServletMappingDecoded("/*", "ratings");
    tomcat.start();
    System.out.println("ratings listens on " + port + " and " + grpcPort);
    grpc.awaitTermination();
  }

  private Ratings() {}
}
