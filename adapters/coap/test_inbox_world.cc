// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/test_inbox_world.h"

#include <doctest/doctest.h>

#include <boost/json/value.hpp>

#include "gateway/base/json.h"
#include "storage/device_record.h"
#include "storage/lmdb_store.h"
#include "storage/memory_store.h"

namespace msggw::coap_adapter::test {

Options InboxWorld::options() {
  Options options;
  options.address = boost::asio::ip::address_v4::loopback();
  options.port = 0;
  options.receive_buffer_octets = 100'000;
  options.open_messages = true;
  options.amplified_octets_per_source = 0;
  return options;
}

InboxWorld::InboxWorld(const Options& options, Kept kept, const messages::Limits& limits,
                       const core::Limits& core_limits)
    : Service(core_limits), options_(options), limits_(limits) {
  if (kept == Kept::memory) {
    store_ = std::make_unique<storage::MemoryStore>(storage::gateway_tables().size());
  } else {
    storage::LmdbOptions lmdb;
    lmdb.folder = folder_.path() / "store";
    lmdb.tables = storage::gateway_tables();
    lmdb.map_size = 64 << 20;
    store_ = storage::open_lmdb_store(lmdb);
  }
  begin();
}

InboxWorld::~InboxWorld() {
  adapter.reset();
}

void InboxWorld::begin() {
  messages.emplace(context, gateway.tables(), *store_, limits_);
  adapter.emplace(context, options_,
                  Doors(gateway.registrations(), &messages->device_side(), &proofs));
  adapter->start();
}

void InboxWorld::restart(const std::function<void(Options&)>& change) {
  settle();
  options_.port = port();
  if (change) change(options_);
  adapter.reset();
  begin();
}

void InboxWorld::reload(const std::function<void(Options&)>& change) {
  change(options_);
  adapter->reconfigure(options_, adapter->prepare(options_));
}

void InboxWorld::play() {
  if (adapter) messages->turn(*adapter);
}

void InboxWorld::settle() {
  turn();
  turn();
}

void InboxWorld::deliver(const std::string& service_id, const std::string& id,
                         const std::string& content) {
  messages->deliver(msggw::test::Messages::message(service_id, id, content));
}

InboxDevice::InboxDevice(InboxWorld& world, const std::string& private_id, const std::string& info)
    : Device(world, world.port()) {
  const Message answer = ask(request(kPost, "rd?ep=" + private_id, next_mid(), info));
  REQUIRE(answer.code_text() == "2.01");
  handle_ = answer.location().substr(1);
}

Message InboxDevice::request_for(int method, const std::string& below, std::string payload) {
  return request(method, handle_ + "/" + below, next_mid(), std::move(payload));
}

Message InboxDevice::observe(std::uint32_t value, const std::string& token) {
  Message get = request_for(kGet, "inbox");
  get.token = token;
  return ask(with(std::move(get), kObserve, uint_value(value)));
}

void InboxDevice::end(const Message& notification, int type) {
  Message empty;
  empty.type = type;
  empty.mid = notification.mid;
  send(empty);
}

std::string after_of(const Message& message) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char octet : message.option(kEtag).value_or("")) {
    text += kHex[static_cast<unsigned char>(octet) >> 4];
    text += kHex[octet & 15];
  }
  return text;
}

std::string id_in(const Message& message) {
  const auto body = base::parse_json(message.payload, {});
  return body ? std::string(base::text_member(*body, "msgId").value_or("")) : "";
}

}  // namespace msggw::coap_adapter::test
