// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/wire/coap/client.h"
#include "adapters/wire/coap/server.h"
#include "gateway/base/clock.h"
#include "gateway/base/metrics.h"

namespace msggw::coap::test {

/// A loop stepped by the test.
class Loop {
 public:
  /// Turns until `done()`, at most ten seconds. False: it never was.
  bool until(const std::function<bool()>& done);
  void turn(std::chrono::milliseconds wait = std::chrono::milliseconds{5});
  /// The value behind this line of the exposition ("name{label=\"x\"}"); -1: there is none.
  double metric(const std::string& line) const;

  boost::asio::io_context io;
  base::Clock clock;
  base::metrics::Registry metrics;
  base::Context context{io, clock, metrics};
};

/// What a handler saw.
struct Seen {
  Method method;
  std::string target;
  std::optional<std::uint16_t> content_format;
  std::optional<std::uint16_t> accept;
  std::string body;
  Identity identity;
  Peer peer;
};

/// A server whose answers the test writes. It echoes unless told otherwise:
/// - POST: 2.01 with Location-Path a%2Fb/c and the body; other methods: 2.05 with `content`.
class EchoServer {
 public:
  EchoServer(Loop& loop, ServerOptions options);

  std::string uri(const std::string& host, const std::string& path = "/echo") const;
  std::string uri() const { return uri("127.0.0.1"); }
  /// Answers all that wait.
  void answer_all(Delivery delivery = Delivery::once);

  Server& server() { return *server_; }
  std::vector<Seen> seen;
  std::deque<Ticket> waiting;
  std::string content = "content";
  Reply reply = Reply::now;  ///< `later`: the answer waits for answer_all()
  bool once_only = true;

 private:
  Response response_for(const Seen& request) const;

  ServerOptions options_;
  std::unordered_map<Ticket, Response> answers_;
  std::unique_ptr<Server> server_;
};

/// A request and what came of it.
struct Asked {
  std::optional<base::Result<ClientResponse>> result;
};
std::shared_ptr<Asked> ask(Client& client, ClientRequest request);
/// ... to the end. Fails the test if there is none within ten seconds.
base::Result<ClientResponse> ask(Loop& loop, Client& client, ClientRequest request);
ClientRequest post(const std::string& uri, std::string body = "{}");
ClientRequest get(const std::string& uri);

}  // namespace msggw::coap::test
