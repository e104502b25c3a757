// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin/test_site.h"

#include <chrono>

namespace msggw::admin::test {

using namespace std::chrono_literals;

namespace {

messages::Policy policy() {
  messages::Policy policy;
  policy.servers = {"m5s"};
  return policy;
}

Status status_of_tests() {
  Status status;
  status.version = "1.2.3";
  status.broker_connected = true;
  status.broker_lacks = "QoS 1";
  status.provisioning_functions.push_back(
      {"https://pf.example", "configured", false, "cannot connect"});
  status.smscs.push_back({"main", "smsc.example:2775", "transceiver", "waiting",
                          base::TimePoint{1'700'000'000s}, "ESME_RINVPASWD"});
  status.smscs.push_back(
      {"other", "[::1]:2775", "receiver", "bound", base::TimePoint{1'700'000'000s}, ""});
  status.servers.push_back({"m5s-1", "m5s@example", 2, {{"https://m5s.example", "", true, ""}}});
  status.listeners.push_back({"coap://127.0.0.1:5683", "devices"});
  return status;
}

}  // namespace

Site::Site(const core::Limits& limits)
    : gateway_(limits, metrics_, {}),
      status_(status_of_tests()),
      queue_({}, gateway_.tables(), metrics_, {{1, 2}, {3, 4}}),
      device_side_(queue_, policy()),
      operator_side_(queue_, policy()),
      book_({.key_file = key_folder_.path() / "key", .max_per_device = 3}, gateway_.tables(),
            metrics_),
      admin_({io_, clock_, metrics_}, {boost::asio::ip::address_v4::loopback()},
             [] { return std::vector<Part>{{"store", true, true}}; }) {
  const auto read = [this](std::vector<messages::MessageNo> numbers, auto done) {
    std::vector<std::optional<messages::Carried>> found;
    for (const messages::MessageNo no : numbers) {
      const auto stored = stored_.find(no);
      found.push_back(stored == stored_.end() ? std::nullopt : std::optional(stored->second));
    }
    boost::asio::post(io_, [found = std::move(found), done] { done(found); });
  };
  const ApiDoors doors{gateway_.operations(), {operator_side_, read}, credential_side_, [this] {
                         return has_told_broker.load();
                       }};
  admin_.open_api({{base::Host::parse("gw.example").value()}, "secret"}, doors,
                  [this] { return status_; });
  thread_ = std::thread([this] { run(); });
}

Site::~Site() {
  ending_ = true;
  boost::asio::post(io_, [] {});
  thread_.join();
}

CurlAnswer Site::call(std::vector<std::string> arguments, const std::string& path,
                      const std::string& token) const {
  if (!token.empty()) {
    arguments.push_back("-H");
    arguments.push_back("authorization: Bearer " + token);
  }
  arguments.push_back(url(path));
  return function::curl(arguments);
}

CurlAnswer Site::post(const std::string& type, const std::string& body,
                      const std::string& path) const {
  return call({"-H", "content-type: " + type, "--data-binary", body}, path);
}

void Site::run() {
  while (!ending_) {
    io_.restart();
    io_.run_one_for(5ms);
    io_.poll();
    const auto now = clock_.now();
    admin_.end_turn(now);
    gateway_.turn().tick(now);
    store_side_.tick(now);
    gateway_.turn().date_events(now);
    store_side_.date_events(now);
    while (answers) {
      const auto ask = gateway_.journey().next_ask();
      if (!ask) break;
      if (ask->kind == core::AskKind::release) {
        gateway_.journey().released(ask->device);
      } else {
        gateway_.journey().provisioned(
            ask->device, {"svc-" + std::string(ask->private_id), {{"m5s"}, ""}, {}}, now);
      }
    }
    if (!commits) continue;
    commit();
    for (const messages::MessageNo no : store_side_.take_wanted(64))
      store_side_.loaded(no, stored_.at(no), now);
    core::Outbox& outbox = gateway_.turn().outbox();
    const core::Outbox news = std::exchange(outbox, {});
    for (const core::DeviceNo device : news.leaving) store_side_.leaving(device, now);
    for (const core::DeviceNo device : news.forgotten) store_side_.forgotten(device, now);
    for (const core::DeviceNo device : news.leaving) {
      if (store_side_.still_sends(device)) gateway_.turn().still_sends(device);
    }
    for (const core::DeviceNo device : std::exchange(store_side_.outbox().have_sent, {}))
      gateway_.turn().has_sent(device);
    for (const core::DeviceNo device : news.gone) store_side_.gone(device, now);
    for (const core::DeviceNo device : news.gone) stored_credentials_.gone(device);
    store_side_.outbox() = {};
  }
}

void Site::commit() {
  if (!gateway_.tables().has_changes() && !store_side_.has_changes() &&
      !stored_credentials_.has_changes())
    return;
  const auto number = gateway_.commits().take_changes().number;
  const messages::Changes changes = store_side_.take_changes();
  for (const messages::MessageNo no : changes.contents)
    stored_.insert_or_assign(no, *queue_.contents.find(no));
  for (const messages::MessageNo no : changes.erased_contents) stored_.erase(no);
  stored_credentials_.take_changes();
  gateway_.commits().committed(number);
  store_side_.committed();
}

void Site::deliver(const std::string& private_id, const messages::Message& message) {
  inside([&](core::Gateway& gateway) {
    messages::Message to_it = message;
    const auto device = gateway.tables().find_private_id(private_id);
    to_it.to = {messages::AddressType::ue, gateway.tables().device(*device).service_id};
    return server_side_.deliver(messages::Role::n3g, std::move(to_it), core::Ticket{1},
                                clock_.now());
  });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace msggw::admin::test
