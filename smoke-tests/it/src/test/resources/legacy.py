"""A service that is not a JVM: answers /details/N, and on /call?host=H&path=P calls another service through its proxy."""
import http.client
import http.server
import json
import sys
import urllib.parse

port, proxy_host, proxy_port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        if url.path == "/call":
            query = urllib.parse.parse_qs(url.query)
            peer = http.client.HTTPConnection(proxy_host, proxy_port, timeout=10)
            peer.request("GET", query["path"][0], headers={"Host": query["host"][0]})
            answer = peer.getresponse()
            self.reply(answer.status, answer.read())
        else:
            body = {"id": 0, "from": "python", "xfcc": self.headers.get("x-forwarded-client-cert", ""), "traceparent": self.headers.get("traceparent", "")}
            self.reply(200, json.dumps(body).encode())

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
