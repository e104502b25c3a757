// SPDX-License-Identifier: Apache-2.0
// Serves POST with the request's own body and type, over HTTP/1.1 and HTTP/2, with a certificate
// over TLS: the other end of http_post, of wrk and of h2load. bench_http_echo PORT [CERTIFICATE
// KEY]
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

#include "adapters/wire/http/server.h"
#include "gateway/base/metrics.h"

namespace {

msggw::http::Response echo(const msggw::http::Request& request) {
  msggw::http::Response response;
  if (request.method != "POST") {
    response.status = 405;
    response.headers.emplace_back("allow", "POST");
    return response;
  }
  response.content_type = request.content_type;
  response.body = request.body;
  return response;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) {
    std::cerr << "usage: bench_http_echo PORT [CERTIFICATE KEY]\n";
    return 2;
  }
  try {
    boost::asio::io_context io(1);
    const msggw::base::Clock clock;
    msggw::base::metrics::Registry metrics;
    msggw::http::ServerOptions options;
    options.name = "echo";
    options.port = static_cast<std::uint16_t>(std::stoul(argv[1]));
    if (argc == 4) options.tls = msggw::http::ServerTls{argv[2], argv[3], {}};
    const msggw::http::Server server(
        {io, clock, metrics}, options,
        [](const msggw::http::Request& request, const msggw::http::Responder& responder) {
          responder.respond(echo(request));
        });
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&io](boost::system::error_code, int) { io.stop(); });
    std::cout << (argc == 4 ? "https" : "http") << "://127.0.0.1:" << server.port() << std::endl;
    io.run();
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
  return 0;
}
