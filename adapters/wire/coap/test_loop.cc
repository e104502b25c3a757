// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/test_loop.h"

#include <doctest/doctest.h>

#include <utility>

namespace msggw::coap::test {

void Loop::turn(std::chrono::milliseconds wait) {
  io.restart();
  io.run_one_for(wait);
  io.poll();
}

bool Loop::until(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    turn();
  }
  return true;
}

double Loop::metric(const std::string& line) const {
  const std::string text = "\n" + base::metrics::expose(metrics);
  const auto at = text.find("\n" + line + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + 1 + line.size()));
}

EchoServer::EchoServer(Loop& loop, ServerOptions options) : options_(std::move(options)) {
  options_.receive_buffer_octets = 100'000;
  options_.resources = {{"echo", "test.echo", "50 60"}};
  const auto handle = [this](Incoming& incoming, Response& out) {
    const auto body = incoming.body(out);
    if (!body) return Reply::now;
    const Request& request = incoming.request;
    Seen now{request.method,
             target_of(request),
             request.content_format,
             request.accept,
             std::string(*body),
             request.identity == nullptr ? Identity{} : *request.identity,
             request.peer};
    seen.push_back(now);
    incoming.once_only = once_only;
    if (reply == Reply::now) out = response_for(now);
    if (reply == Reply::later) {
      waiting.push_back(incoming.ticket);
      answers_[incoming.ticket] = response_for(now);
    }
    return reply;
  };
  server_ = std::make_unique<Server>(loop.context, options_, handle);
}

std::string EchoServer::uri(const std::string& host, const std::string& path) const {
  return std::string(scheme_of(options_.transport)) + "://" + host + ":" +
         std::to_string(server_->port()) + path;
}

Response EchoServer::response_for(const Seen& request) const {
  Response out;
  const bool is_post = request.method == Method::post;
  out.code = is_post ? Code::created : Code::content;
  if (is_post) out.location = "a%2Fb/c";
  out.content_format = request.content_format.value_or(kFormatJson);
  out.payload = is_post ? request.body : content;
  return out;
}

void EchoServer::answer_all(Delivery delivery) {
  for (const Ticket ticket : std::exchange(waiting, {})) {
    REQUIRE(server_->method_of(ticket).has_value());
    server_->answer(ticket, std::move(answers_[ticket]), delivery);
    answers_.erase(ticket);
  }
}

std::shared_ptr<Asked> ask(Client& client, ClientRequest request) {
  auto asked = std::make_shared<Asked>();
  client.start(std::move(request), [asked](base::Result<ClientResponse> result) {
    REQUIRE(!asked->result.has_value());
    asked->result = std::move(result);
  });
  CHECK(!asked->result.has_value());  // never from inside start()
  return asked;
}

base::Result<ClientResponse> ask(Loop& loop, Client& client, ClientRequest request) {
  const auto asked = ask(client, std::move(request));
  REQUIRE(loop.until([&] { return asked->result.has_value(); }));
  return std::move(*asked->result);
}

ClientRequest post(const std::string& uri, std::string body) {
  ClientRequest request;
  request.uri = base::parse_uri(uri).value();
  request.content_format = kFormatJson;
  request.accept = kFormatJson;
  request.payload = std::move(body);
  return request;
}

ClientRequest get(const std::string& uri) {
  ClientRequest request;
  request.method = Method::get;
  request.uri = base::parse_uri(uri).value();
  return request;
}

}  // namespace msggw::coap::test
