package io.selvage.contract.grpc;

import io.grpc.ManagedChannelBuilder;

/** Channels over io.grpc.netty. */
class NettyGrpcContractTest extends GrpcContract {
  @Override
  ManagedChannelBuilder<?> builder(String target) {
    return io.grpc.netty.NettyChannelBuilder.forTarget(target);
  }
}
