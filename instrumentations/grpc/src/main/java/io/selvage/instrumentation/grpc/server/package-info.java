/**
 * gRPC, server side: handlers run in the context of their call. Identity and authorization are the
 * netty instrumentation's, below.
 */
package io.selvage.instrumentation.grpc.server;
