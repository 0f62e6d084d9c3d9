/**
 * gRPC, client side: an interceptor next to the transport drives the attempts of each call, and a
 * balancer of our own connects each attempt to the endpoint that the engine chose. TLS is the Netty
 * floor's.
 */
package io.selvage.instrumentation.grpc.client;
