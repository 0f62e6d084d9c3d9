package bookinfo.ratings;

import bookinfo.ratings.v1.GetRatingsReply;
import bookinfo.ratings.v1.GetRatingsRequest;
import bookinfo.ratings.v1.Rating;
import bookinfo.ratings.v1.RatingsServiceGrpc;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.sql.SQLException;

final class GrpcRatings extends RatingsServiceGrpc.RatingsServiceImplBase {
  private final Store store;

  GrpcRatings(Store store) {
    this.store = store;
  }

  @Override
  public void getRatings(GetRatingsRequest request, StreamObserver<GetRatingsReply> to) {
    try {
      GetRatingsReply.Builder reply = GetRatingsReply.newBuilder().setServedBy("CANARY-RATINGS-99d1");
      store.ratings().forEach((who, stars) -> reply.addRatings(Rating.newBuilder().setReviewer(who).setStars(stars)));
      to.onNext(reply.build());
      to.onCompleted();
    } catch (SQLException e) {
      to.onError(Status.UNAVAILABLE.withDescription("database: " + e.getMessage()).asRuntimeException());
    }
  }

  @Override
  public void watchRatings(GetRatingsRequest request, StreamObserver<Rating> to) {
    try {
      store.ratings().forEach((who, stars) -> to.onNext(Rating.newBuilder().setReviewer(who).setStars(stars).build()));
      to.onCompleted();
    } catch (SQLException e) {
      to.onError(Status.UNAVAILABLE.withDescription("database: " + e.getMessage()).asRuntimeException());
    }
  }
}
