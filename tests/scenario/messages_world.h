// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/messages/device_side.h"
#include "gateway/messages/server_side.h"
#include "gateway/messages/store_side.h"
#include "storage/message_loader.h"
#include "storage/message_record.h"
#include "tests/scenario/world.h"

namespace msggw::scenario {

/// Messages with everything around them played by the test: devices of a World, the writer, the
/// server and the bearers. Rows really go through the store's codec.
class MessagesWorld {
 public:
  explicit MessagesWorld(messages::Limits limits = {}, messages::Policy policy = policy_of_tests(),
                         std::uint32_t devices = 3)
      : limits_(limits), policy_(std::move(policy)), store_(storage::gateway_tables().size()) {
    for (std::uint32_t device = 0; device < devices; ++device) {
      devices_.show_up("d" + std::to_string(device), core::Bearer::coap, 1);
      devices_.settle();
      devices_.provision(*devices_.ask());
      devices_.settle();
    }
    restart();
  }

  static messages::Policy policy_of_tests() {
    messages::Policy policy;
    policy.servers = {"m5s-1"};
    return policy;
  }
  static core::DeviceNo device(std::uint32_t no) { return core::DeviceNo{no}; }

  World& devices() { return devices_; }
  messages::Queue& queue() { return *queue_; }
  messages::DeviceSide& device_side() { return *device_side_; }
  messages::ServerSide& server() { return *server_side_; }
  messages::StoreSide& store() { return *store_side_; }
  base::TimePoint now() const { return now_; }
  void pass(base::Duration time) {
    store_side_->date_events(now_);
    now_ += time;
    wall_ += time;
    store_side_->tick(now_);
  }

  messages::SendRequest request(const std::string& id, const std::string& content = "content",
                                std::uint32_t from = 0) {
    messages::SendRequest request;
    request.device = device(from);
    request.ticket = core::Ticket{++ticket_};
    request.to = messages::Address{messages::AddressType::as, "as-1"};
    request.message_id = id;
    request.content = content;
    return request;
  }
  messages::Message message(const std::string& id, const std::string& content = "content",
                            const std::string& to = "svc-d0") {
    messages::Message message;
    message.from = {messages::AddressType::as, "as-1"};
    message.to = {messages::AddressType::ue, to};
    message.message_id = id;
    message.content = content;
    return message;
  }
  std::optional<messages::Answer> send(messages::SendRequest request) {
    return device_side_->send(std::move(request), now_);
  }
  std::optional<messages::Answer> deliver(messages::Message message) {
    return server_side_->deliver(messages::Role::n3g, std::move(message), core::Ticket{++ticket_},
                                 now_);
  }

  bool take() {
    if (!store_side_->has_changes()) return false;
    batch_.clear();
    storage::put_changes(batch_, *queue_, store_side_->take_changes());
    storage::put_moment(batch_, {queue_->timeline.at(now_), wall_});
    return true;
  }
  void commit() {
    base::ensure(store_.apply(batch_).has_value(), "the memory store takes a batch");
    ++commits_;
    store_side_->committed();
  }
  std::size_t commits() const { return commits_; }
  void settle() {
    while (take()) commit();
  }
  /// The reader brings what is wanted.
  void read() {
    for (const messages::MessageNo no : store_side_->take_wanted(64)) {
      const auto row = store_.find(storage::kMessages, messages::number(no)).value();
      auto carried =
          row ? storage::parse_carried(*row)
              : base::Result<messages::Carried>(base::fail(base::Errc::storage, "no such row"));
      if (carried)
        store_side_->loaded(no, std::move(*carried), now_);
      else
        store_side_->unreadable(no, now_);
    }
  }
  void lose_row(messages::MessageNo no) {
    storage::Batch batch;
    batch.erase(storage::kMessages, messages::number(no));
    base::ensure(store_.apply(batch).has_value(), "the memory store takes a batch");
  }
  void restart() {
    queue_.emplace(limits_, devices_.gateway().tables(), metrics_.emplace_back(),
                   messages::WindowKeys{{1, 2}, {3, 4}});
    device_side_.emplace(*queue_, policy_);
    server_side_.emplace(*queue_);
    store_side_.emplace(*queue_);
    devices_.gateway().commits().begin(storage::last_moment(store_).value(), now_, wall_);
    const auto loaded = storage::load_messages(store_, *store_side_, now_);
    base::ensure(loaded.has_value(), "the memory store loads");
  }
  /// The machine is off for a while, and its clock shows what it likes when it boots.
  void reboot(base::TimePoint wall) {
    now_ = wall_ = wall;
    restart();
  }
  base::TimePoint wall() const { return wall_; }
  /// Somebody sets the clock of the machine.
  void set_wall(base::TimePoint wall) { wall_ = wall; }
  storage::MemoryStore& rows_store() { return store_; }
  std::size_t rows(storage::TableNo table) {
    std::size_t count = 0;
    base::ensure(store_.load(table, [&](std::uint64_t, std::string_view) { ++count; }).has_value(),
                 "the memory store loads");
    return count;
  }

  /// A segment of a message for the first device; of the total only the first speaks.
  messages::Message segment(const std::string& id, const messages::Segment& of,
                            const std::string& content) {
    messages::Message segment = message(id, content);
    segment.segment = of;
    return segment;
  }
  /// Until nothing is left to be stored or read.
  void settle_all() {
    do {
      settle();
      read();
    } while (store_side_->has_changes() || !queue_->wanted.empty());
  }
  /// The first device is there; what it is given, one after the other, each proven.
  std::vector<messages::Message> take_down(std::uint32_t to = 0) {
    std::vector<messages::Message> taken;
    device_side_->reachable(device(to), core::Bearer::mqtt);
    while (const auto down = next_down()) {
      if (const auto* message = std::get_if<messages::Message>(&down->carried))
        taken.push_back(*message);
      device_side_->proven(down->no, now_);
    }
    return taken;
  }
  /// What goes up, taken by the server: the reports of it.
  std::vector<messages::Report> take_reports() {
    std::vector<messages::Report> reports;
    settle_all();
    while (const auto up = next_up()) {
      if (const auto* report = std::get_if<messages::Report>(&up->carried))
        reports.push_back(*report);
      server_side_->accepted(up->no, now_);
      settle_all();
    }
    return reports;
  }

  /// The next for the server, read if need be.
  std::optional<messages::Upward> next_up() {
    const auto any = [](core::ProfileNo) { return true; };
    if (auto next = server_side_->next(any)) return next;
    read();
    return server_side_->next(any);
  }
  /// What goes up next, in words, and the server takes it.
  std::string pass_one() {
    const auto next = next_up();
    if (!next) return "nothing";
    const messages::Carried carried = next->carried;
    server_side_->accepted(next->no, now_);
    if (const auto* report = std::get_if<messages::Report>(&carried))
      return "report " + report->message_id + (report->delivered ? " +" : " ") +
             report->failure_cause;
    return std::get<messages::Message>(carried).message_id;
  }
  std::optional<messages::Delivery> next_down(core::Bearer bearer = core::Bearer::mqtt) {
    if (auto next = device_side_->next(bearer)) return next;
    read();
    return device_side_->next(bearer);
  }
  double metric(const std::string& name_and_labels) const {
    const std::string text = base::metrics::expose(metrics_.back());
    const std::size_t at = text.find("\n" + name_and_labels + " ");
    return at == std::string::npos
               ? -1
               : std::strtod(text.c_str() + at + name_and_labels.size() + 2, nullptr);
  }
  std::vector<messages::Answer> answers_to_devices() {
    std::vector<messages::Answer> answers;
    for (auto& to : std::exchange(store_side_->outbox().to_devices, {}))
      answers.push_back(std::move(to.answer));
    return answers;
  }
  std::vector<messages::Answer> answers_to_server() {
    return std::exchange(store_side_->outbox().to_server, {});
  }
  messages::Limits& limits() { return limits_; }

 private:
  messages::Limits limits_;
  messages::Policy policy_;
  World devices_;
  base::TimePoint now_ = devices_.now();
  base::TimePoint wall_ = now_;
  storage::MemoryStore store_;
  std::deque<base::metrics::Registry> metrics_;
  std::optional<messages::Queue> queue_;
  std::optional<messages::DeviceSide> device_side_;
  std::optional<messages::ServerSide> server_side_;
  std::optional<messages::StoreSide> store_side_;
  storage::Batch batch_;
  std::size_t commits_ = 0;
  std::uint64_t ticket_ = 0;
};

inline const messages::Message& message_of(const messages::Carried& carried) {
  return std::get<messages::Message>(carried);
}
inline const messages::Report& report_of(const messages::Carried& carried) {
  return std::get<messages::Report>(carried);
}

}  // namespace msggw::scenario
