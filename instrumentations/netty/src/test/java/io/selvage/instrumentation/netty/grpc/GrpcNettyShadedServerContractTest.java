package io.selvage.instrumentation.netty.grpc;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ServerBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;

/** gRPC on its own, relocated copy of Netty. */
class GrpcNettyShadedServerContractTest extends GrpcServerContract {
  @Override
  ServerBuilder<?> builder() {
    return NettyServerBuilder.forPort(0, InsecureServerCredentials.create());
  }

  @Override
  ManagedChannel channel(int port, ChannelCredentials credentials) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port, credentials).build();
  }
}
