// SPDX-License-Identifier: Apache-2.0
#include "provisioning/client/test_world.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

namespace msggw::client::test {

namespace {

constexpr protocol::Encoding kJson = protocol::Encoding::json;

http::ServerOptions server_options(std::uint16_t port, std::optional<http::ServerTls> tls) {
  http::ServerOptions options;
  options.name = "scripted";
  options.port = port;
  options.tls = std::move(tls);
  options.max_body_octets = 1 << 20;
  return options;
}

}  // namespace

bool ScriptedFunction::Request::has(std::string_view id) const {
  return std::find(private_ids.begin(), private_ids.end(), id) != private_ids.end();
}

ScriptedFunction::ScriptedFunction(boost::asio::io_context& io, std::uint16_t port,
                                   std::optional<http::ServerTls> tls)
    : tls_(tls.has_value()) {
  server_.emplace(base::Context{io, clock_, metrics_}, server_options(port, std::move(tls)),
                  [this](const http::Request& request, const http::Responder& responder) {
                    handle(request, responder);
                  });
}

base::Uri ScriptedFunction::root() const {
  return {tls_ ? base::Scheme::https : base::Scheme::http,
          base::Host::parse(tls_ ? "localhost" : "127.0.0.1").value(), port(), ""};
}

void ScriptedFunction::handle(const http::Request& request, const http::Responder& responder) {
  Request read;
  read.bulk = request.path.ends_with("/bulk");
  read.release = request.method == "DELETE";
  if (read.release) {
    read.private_ids.emplace_back(request.path.substr(request.path.rfind('/') + 1));
  } else if (read.bulk) {
    const auto decoded = protocol::decode_bulk_request(kJson, request.body, {});
    REQUIRE(decoded.ok());
    for (const auto& item : decoded.items) read.private_ids.push_back(item.request.private_id);
  } else {
    const auto decoded = protocol::decode_request(kJson, request.body, {});
    REQUIRE(decoded.ok());
    read.private_ids.push_back(decoded.request.private_id);
  }
  requests.push_back(read);
  const auto fault = script(read);
  if (!fault) return responder.respond(good_answer(read));
  if (fault->silence) return;
  if (fault->twice) return responder.respond(good_answer(read), http::Damage::twice);
  if (fault->hold) {
    held_.emplace_back(std::move(read), responder);
    return;
  }
  responder.respond({fault->status, fault->content_type, fault->body, fault->headers});
}

http::Response ScriptedFunction::good_answer(const Request& request) const {
  http::Response response;
  if (request.release) {
    response.status = 204;
    return response;
  }
  response.content_type = "application/json";
  std::vector<std::string> bodies;
  std::vector<protocol::BulkItem> items;
  bodies.reserve(request.private_ids.size());
  for (const std::string& id : request.private_ids) {
    const auto status = item_script(id);
    if (status) {
      bodies.push_back(protocol::encode_problem(kJson, {*status, "SCRIPTED", "as told", {}}));
    } else {
      bodies.push_back(protocol::encode_response(kJson, {"s-" + id, {"m5s"}, "", {}, id}));
    }
    items.push_back({status.value_or(201), bodies.back(), std::chrono::seconds{status ? 7 : 0}});
  }
  if (request.bulk) {
    response.body = protocol::join_bulk_response(kJson, items);
  } else {
    response.status = items.front().status;
    response.body = bodies.front();
  }
  return response;
}

void ScriptedFunction::release() {
  for (const auto& [request, responder] : held_) responder.respond(good_answer(request));
  held_.clear();
}

std::size_t ScriptedFunction::asked() const {
  std::size_t count = 0;
  for (const Request& request : requests) count += request.private_ids.size();
  return count;
}

std::size_t ScriptedFunction::bulks() const {
  return static_cast<std::size_t>(
      std::count_if(requests.begin(), requests.end(), [](const Request& one) { return one.bulk; }));
}

bool ScriptedFunction::has_connections(unsigned count) const {
  const std::string line =
      "\nmsggw_http_connections{server=\"scripted\"} " + std::to_string(count) + "\n";
  return base::metrics::expose(metrics_).find(line) != std::string::npos;
}

void World::start(Options options, std::vector<base::Uri> roots) {
  const auto id = [this](core::DeviceNo device) {
    return ids_.at(static_cast<std::size_t>(device));
  };
  Client::Events events;
  events.provisioned = [this, id](core::DeviceNo device, core::Provisioned answer) {
    CHECK(provisioned.emplace(id(device), std::move(answer.service_id)).second);
  };
  events.released = [this, id](core::DeviceNo device) { released.push_back(id(device)); };
  events.refused = [this, id](core::DeviceNo device, std::string cause, std::string) {
    CHECK(refused.emplace(id(device), std::move(cause)).second);
  };
  events.failed = [this, id](core::DeviceNo device, base::Duration retry_after,
                             std::string_view why) {
    why_failed = why;
    CHECK(failed.emplace(id(device), retry_after).second);
  };
  client.emplace(base::Context{io, clock, metrics}, options, std::move(roots), std::move(events));
}

void World::ask(const std::string& private_id, core::AskKind kind) {
  const core::DeviceNo device{static_cast<std::uint32_t>(ids_.size())};
  ids_.push_back(private_id);
  core::ProvisioningAsk ask;
  ask.kind = kind;
  ask.device = device;
  ask.ue_type = core::UeType::non_3gpp;
  ask.private_id = private_id;
  client->ask(ask);
}

void World::ask_many(std::size_t count, const std::string& prefix) {
  for (std::size_t i = 0; i < count; ++i) ask(prefix + std::to_string(i));
}

void World::ask_failed_again(const std::string& except) {
  std::vector<std::string> again;
  for (const auto& [private_id, retry_after] : failed) {
    if (private_id != except) again.push_back(private_id);
  }
  for (const std::string& private_id : again) {
    failed.erase(private_id);
    ask(private_id);
  }
}

bool World::until(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (std::chrono::steady_clock::now() < end) {
    client->end_turn(clock.now());
    if (condition()) return true;
    io.run_one_for(std::chrono::milliseconds{20});
    while (io.poll_one() > 0) {
    }
  }
  return false;
}

void World::turns(base::Duration ahead, int count) {
  for (int i = 0; i < count; ++i) {
    client->end_turn(clock.now() + ahead);
    io.run_one_for(std::chrono::milliseconds{1});
    while (io.poll_one() > 0) {
    }
  }
}

}  // namespace msggw::client::test
