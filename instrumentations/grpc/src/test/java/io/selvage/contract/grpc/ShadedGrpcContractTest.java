package io.selvage.contract.grpc;

import io.grpc.ManagedChannelBuilder;

/** Channels over io.grpc.netty.shaded.io.grpc.netty. */
class ShadedGrpcContractTest extends GrpcContract {
  @Override
  ManagedChannelBuilder<?> builder(String target) {
    return io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder.forTarget(target);
  }
}
