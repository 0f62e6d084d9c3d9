package bookinfo.ratings;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.sql.SQLException;

final class HttpRatings extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private final transient Store store;

  HttpRatings(Store store) {
    this.store = store;
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
    response.setContentType("application/json");
    String path = request.getPathInfo() == null ? request.getServletPath() : request.getPathInfo();
    if (path.equals("/health")) {
      response.getWriter().print("{\"status\":\"Ratings is healthy\"}");
      return;
    }
    if (!path.matches("/ratings/\\d+")) {
      response.setStatus(404);
      response.getWriter().print("{\"error\":\"not found\"}");
      return;
    }
    try {
      StringBuilder json = new StringBuilder("{\"id\":" + path.substring(9) + ",\"ratings\":{");
      store.ratings().forEach((who, stars) -> json.append(json.charAt(json.length() - 1) == '{' ? "" : ",").append('"').append(who).append("\":").append(stars));
      response.getWriter().print(json.append("}}"));
    } catch (SQLException e) {
      response.setStatus(500);
      response.getWriter().print("{\"error\":\"database\"}");
    }
  }
}
