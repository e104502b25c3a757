// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "adapters/wire/http/client.h"
#include "adapters/wire/tls/contexts.h"

namespace msggw::http {

/// The requests of one Client, over the library that its version needs. What a Client promises, its
/// core does. Kept also by a handler of the loop that is under way, since a Done may end the
/// Client.
class ClientCore {
 public:
  virtual ~ClientCore() = default;

  virtual std::size_t room() const noexcept = 0;
  virtual std::size_t in_flight() const noexcept = 0;
  virtual void start(ClientRequest request, Done done) = 0;
  /// Drops all requests and connections. No Done is called after it.
  virtual void close() noexcept = 0;
};

/// On libcurl: HTTP/1.1, and HTTP/2 where ALPN offers it.
std::shared_ptr<ClientCore> open_curl_client(boost::asio::io_context& io, ClientOptions options);
/// On sessions of our own: HTTP/2 and nothing else.
std::shared_ptr<ClientCore> open_http2_client(boost::asio::io_context& io, ClientOptions options);

/// The context of a client's connections, made with it if it names files. Without files it is the
/// trust of the system, which is slow to read (140 certificates) and of no use to a client that
/// speaks http alone: that is made when it is first asked for.
class ClientTrust {
 public:
  /// `protocols` as tls::Options has it. Throws std::runtime_error if a file cannot be used.
  ClientTrust(const ClientTls& files, const char* protocols);

  const tls::Context& context();

 private:
  tls::Options options_;
  tls::Context context_;
};

}  // namespace msggw::http
