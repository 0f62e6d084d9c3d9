/**
 * The connection floor of every Netty client, relocated or not: the endpoint and its TLS at the
 * bottom of the pipeline.
 */
package io.selvage.instrumentation.netty.client;
