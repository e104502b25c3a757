// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/test_world.h"

#include <doctest/doctest.h>

#include <chrono>

namespace msggw::msgin5g::test {

namespace {

http::ServerOptions listener(std::uint16_t port) {
  http::ServerOptions options;
  options.name = "scripted";
  options.port = port;
  return options;
}

double value_in(const base::metrics::Registry& registry, const std::string& name) {
  const std::string text = "\n" + base::metrics::expose(registry);
  const std::size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + name.size() + 2, nullptr);
}

}  // namespace

std::int64_t ScriptedServer::Request::segment() const {
  const auto* const params = body.if_contains("segParams");
  return params == nullptr ? 0 : params->at("segNumb").to_number<std::int64_t>();
}

ScriptedServer::ScriptedServer(boost::asio::io_context& io, std::uint16_t port) {
  server_.emplace(
      base::Context{io, clock_, metrics_}, listener(port),
      [this](const http::Request& request, const http::Responder& responder) {
        Request read{std::string(request.path),
                     {},
                     std::string(request.message_priority),
                     std::string(request.method),
                     std::string(request.authorization)};
        if (!request.body.empty())
          read.body = boost::json::parse({request.body.data(), request.body.size()}).as_object();
        requests.push_back(read);
        Answer answer = script(read);
        if (answer.silence) return;
        const bool good = answer.status == 200 && answer.body.empty();
        if (good && read.body.contains("msgId")) {  // else it is a registration
          const boost::json::object ack{{"oriAddr", read.body.at("oriAddr")},
                                        {"msgId", read.body.at("msgId")}};
          answer.body = boost::json::serialize(ack);
        }
        responder.respond({answer.status, answer.content_type, answer.body, answer.headers});
      });
}

base::Uri ScriptedServer::root() const {
  return {base::Scheme::http, base::Host::parse("127.0.0.1").value(), port(), ""};
}

std::vector<std::string> ScriptedServer::asked() const {
  std::vector<std::string> all;
  for (const Request& request : requests) {
    const auto segment = request.segment();
    all.push_back(request.message_id() + (segment == 0 ? "" : "/" + std::to_string(segment)));
  }
  return all;
}

double ScriptedServer::connections() const {
  return value_in(metrics_, "msggw_http_connections{server=\"scripted\"}");
}

ScriptedServer::Answer problem(unsigned status, const std::string& cause) {
  return {status, R"({"status":)" + std::to_string(status) + R"(,"cause":")" + cause + "\"}",
          "application/problem+json"};
}

ServerOptions World::server(const std::string& name, const std::vector<base::Uri>& uris) {
  ServerOptions options;
  options.name = name;
  options.service_id = name;
  options.uris = uris;
  options.http.request_timeout = std::chrono::seconds{30};
  return options;
}

void World::start(Options options) {
  options_ = std::move(options);
  options_.port = 0;
  adapter.reset();
  adapter.emplace(base::Context{io, clock, metrics}, options_, messages.server(),
                  messages.devices().gateway().tables());
  if (registers_) adapter->register_devices(messages.devices().gateway().server_registrations());
  adapter->start();
}

void World::reload(Options options) {
  if (options.port == Options{}.port) options.port = 0;
  adapter->reconfigure(options, adapter->prepare(options));
}

void World::start(const ScriptedServer& server) {
  Options options;
  options.servers = {World::server("m5s-1", {server.root()})};
  start(options);
}

void World::restart() {
  adapter.reset();
  messages.devices().settle();
  messages.devices().restart();
  messages.restart();
  start(options_);
}

std::uint32_t World::add_device(const std::vector<std::string>& servers,
                                const std::string& service_info) {
  scenario::World& devices = messages.devices();
  const std::string id = "d" + std::to_string(devices_);
  devices.show_up(id, core::Bearer::coap, 1);
  devices.settle();
  devices.gateway().journey().provisioned(
      *devices.ask(), {"svc-" + id, {servers, service_info}, {}}, devices.now());
  devices.settle();
  return devices_++;
}

void World::send(messages::SendRequest request) {
  const auto refused = messages.send(std::move(request));
  CHECK_FALSE(refused);
}

std::size_t World::post(const std::string& path, const std::string& body,
                        const std::string& authorization) {
  const std::size_t number = answers.size();
  answers.emplace_back();
  http::ClientRequest request;
  request.url = {base::Scheme::http, base::Host::parse("127.0.0.1").value(), adapter->port(), path};
  request.content_type = "application/json";
  request.body = body;
  request.authorization = authorization;
  client_.start(std::move(request), [this, number](base::Result<http::ClientResponse> answer) {
    answers[number] = answer.value();
  });
  return number;
}

void World::turn(base::TimePoint now) {
  if (commits) messages.settle();
  messages.read();
  for (const auto& answer : messages.answers_to_server()) adapter->answer(answer);
  adapter->end_turn(now);
}

bool World::until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (std::chrono::steady_clock::now() < end) {
    turn(clock.now());
    if (condition()) return true;
    io.run_one_for(std::chrono::milliseconds{20});
    while (io.poll_one() > 0) {
    }
  }
  return false;
}

void World::turns(base::Duration ahead, int count) {
  for (int i = 0; i < count; ++i) {
    turn(clock.now() + ahead);
    io.run_one_for(std::chrono::milliseconds{1});
    while (io.poll_one() > 0) {
    }
  }
}

std::size_t World::ended() const {
  double count = 0;
  for (const char* const kind : {"message_up", "report_up"})
    count += std::max(
        0.0, messages.metric(std::string("msggw_messages_done_total{kind=\"") + kind + "\"}"));
  for (std::size_t i = 1; i < messages::kCauses; ++i)
    count += std::max(0.0, failed(std::string(name_of(static_cast<messages::Cause>(i)))));
  return static_cast<std::size_t>(count);
}

double World::failed(const std::string& cause) const {
  return messages.metric("msggw_messages_failed_total{cause=\"" + cause + "\"}");
}

double World::metric(const std::string& name) const {
  return value_in(metrics, name);
}

}  // namespace msggw::msgin5g::test
