// SPDX-License-Identifier: Apache-2.0
#include "tests/adapters/messages.h"

#include <utility>

#include "storage/device_record.h"
#include "storage/message_loader.h"
#include "storage/message_record.h"

namespace msggw::test {

namespace {

messages::Policy policy_of_tests() {
  messages::Policy policy;
  policy.servers = {"server-1"};
  policy.default_recipient = messages::Address{messages::AddressType::as, "as-1"};
  return policy;
}

}  // namespace

Messages::Messages(const base::Context& context, const core::Tables& devices, storage::Store& store,
                   const messages::Limits& limits)
    : clock_(context.clock),
      store_(store),
      queue_(limits, devices, context.metrics, messages::WindowKeys{{1, 2}, {3, 4}}),
      device_side_(queue_, policy_of_tests()),
      server_side_(queue_),
      store_side_(queue_) {
  base::ensure(storage::load_messages(store_, store_side_, clock_.now()).has_value(),
               "the store loads");
}

void Messages::turn(messages::Adapter& adapter) {
  device_side_.tick(clock_.now());
  store_side_.tick(clock_.now());
  commit();
  read();
  messages::Outbox out = std::exchange(store_side_.outbox(), {});
  for (const auto& [bearer, answer] : out.to_devices) {
    if (bearer == adapter.bearer()) adapter.answer(answer);
  }
  for (const core::DeviceNo device : out.waited_for) adapter.waited_for(device);
}

void Messages::commit() {
  if (!batch_ && store_side_.has_changes())
    storage::put_changes(batch_.emplace(), queue_, store_side_.take_changes());
  if (!batch_ || !commits) return;
  base::ensure(store_.apply(*batch_).has_value(), "the store takes a batch");
  batch_.reset();
  store_side_.committed();
}

void Messages::read() {
  if (!reads) return;
  for (const messages::MessageNo no : store_side_.take_wanted(64)) {
    const auto row = store_.find(storage::kMessages, messages::number(no)).value();
    auto carried = storage::parse_carried(row.value_or(""));
    if (carried)
      store_side_.loaded(no, std::move(*carried), clock_.now());
    else
      store_side_.unreadable(no, clock_.now());
  }
}

messages::Message Messages::message(const std::string& service_id, const std::string& id,
                                    const std::string& content) {
  messages::Message message;
  message.from = {messages::AddressType::as, "as-1"};
  message.to = {messages::AddressType::ue, service_id};
  message.message_id = id;
  message.content = content;
  return message;
}

void Messages::deliver(messages::Message message, messages::Role role) {
  const auto refused =
      server_side_.deliver(role, std::move(message), core::Ticket{1}, clock_.now());
  base::ensure(!refused, "the message is taken");
}

void Messages::deliver(messages::Report report) {
  const auto refused = server_side_.deliver_report(messages::Role::n3g, std::move(report),
                                                   core::Ticket{1}, clock_.now());
  base::ensure(!refused, "the report is taken");
}

std::optional<messages::Carried> Messages::next_up() {
  const auto take = [this]() -> std::optional<messages::Carried> {
    const auto up = server_side_.next([](core::ProfileNo) { return true; });
    if (!up) return std::nullopt;
    messages::Carried carried = up->carried;
    server_side_.accepted(up->no, clock_.now());
    return carried;
  };
  if (auto carried = take()) return carried;
  read();
  return take();
}

std::vector<messages::Carried> Messages::take_up() {
  std::vector<messages::Carried> taken;
  while (auto up = next_up()) taken.push_back(*std::move(up));
  return taken;
}

}  // namespace msggw::test
